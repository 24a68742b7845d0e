// A value as a node may have sent it: what passes the check can be gone over to its end.
#include <cstdint>
#include <string>

#include "client/muster/value.h"
#include "tests/fuzz/require.h"

using muster::Value;
using muster::test::Require;

namespace {

bool IsAscii(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80 || c < ' ') return false;
  }
  return !text.empty();
}

void GoOver(const Value& value, int depth) {
  Require(depth <= 101, "a value has its depth");
  std::size_t items = 0;
  switch (value.kind()) {
    case Value::Kind::kText:
      Require(false, "data is not text");
      break;
    case Value::Kind::kNone:
      break;
    case Value::Kind::kBool:
      Require(value.as_bool().ok(), "a bool");
      break;
    case Value::Kind::kInt: {
      const auto big = value.as_big_int();
      Require(big.ok() && (big->magnitude.empty() || big->magnitude[0] != 0), "an int");
      const auto small = value.as_int();
      Require(!small || std::to_string(*small) == value.text(), "an int has one value");
      break;
    }
    case Value::Kind::kFloat:
      Require(value.as_double().ok(), "a float");
      break;
    case Value::Kind::kString:
      Require(value.as_string()->size() == value.size(), "a string");
      break;
    case Value::Kind::kBytes:
      Require(value.as_bytes()->size() == value.size(), "bytes");
      break;
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      for (const Value& item : value.items()) {
        GoOver(item, depth + 1);
        ++items;
      }
      Require(items == value.size(), "as many items as it says");
      break;
    case Value::Kind::kDict:
      for (const auto& [key, item] : value.entries()) {
        GoOver(key, depth + 1);
        GoOver(item, depth + 1);
        ++items;
      }
      Require(items == value.size(), "as many entries as it says");
      break;
    case Value::Kind::kArray: {
      const auto array = value.as_array();
      Require(array.ok() && array->shape.size() <= 32, "an array");
      std::uint64_t elements = 1;
      for (const std::uint64_t size : array->shape) elements *= size;
      Require(elements <= array->bytes.size(), "an array has the bytes of its elements");
      break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = Value::from_data(std::string(reinterpret_cast<const char*>(data), size));
  if (!value) {
    Require(!value.status().message().empty(), "a refusal says why");
    return 0;
  }
  GoOver(*value, 0);
  Require(IsAscii(value->text()), "a literal is one line of ASCII");
  return 0;
}
