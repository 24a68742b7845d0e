// The client's side of values as data: bytes of a node, which may be anything.
#include "client/muster/value.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "client/decimal.h"

using Catch::Contains;
using muster::StatusCode;
using muster::Value;
using Kind = muster::Value::Kind;

namespace {

// Bytes as hexadecimal digits, spaces between as one likes.
std::string Bytes(const std::string& hex) {
  std::string bytes;
  int digits = 0;
  int byte = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    byte = byte << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) bytes += static_cast<char>(byte);
    byte &= 15;
  }
  return bytes;
}

Value Read(const std::string& hex) {
  auto value = Value::from_data(Bytes(hex));
  INFO(hex << ": " << value.status().message());
  REQUIRE(value.ok());
  return *std::move(value);
}

constexpr char kTuple[] = "d9ea61 ";
constexpr char kSurrogates[] = "d9ea62 ";
constexpr char kArray[] = "d9ea63 ";

}  // namespace

TEST_CASE("text is text, and nothing else") {
  const Value text("[1]");
  CHECK(text.kind() == Kind::kText);
  CHECK_FALSE(text.is_data());
  CHECK(text.text() == "[1]");
  CHECK(text.as_int().status().code() == StatusCode::kInvalidArgument);
  CHECK_THAT(text.as_bool().status().message(), Contains("the value is text, not a bool"));
  CHECK(text.size() == 0);
  CHECK(text.items().begin() == text.items().end());
  CHECK(Value().text().empty());
  CHECK_THAT(text.as_int().status().message(), Contains("muster::Command::Form::kData"));
  CHECK_THAT(Value().as_int().status().message(),
             Contains("there is no value: the command failed"));
}

TEST_CASE("every kind is told and read") {
  CHECK(Read("f6").kind() == Kind::kNone);
  CHECK(*Read("f5").as_bool());
  CHECK_FALSE(*Read("f4").as_bool());
  CHECK(*Read("fb 3ff8000000000000").as_double() == 1.5);
  CHECK(std::signbit(*Read("fb 8000000000000000").as_double()));
  CHECK(std::isnan(*Read("fb fff8000000000001").as_double()));
  CHECK(*Read("63 e282ac").as_string() == "\xe2\x82\xac");
  CHECK(*Read(std::string(kSurrogates) + "43 eda080").as_string() == "\xed\xa0\x80");
  CHECK(Read(std::string(kSurrogates) + "43 eda080").kind() == Kind::kString);
  CHECK(*Read("42 00ff").as_bytes() == std::string("\0\xff", 2));
  CHECK(Read("80").kind() == Kind::kList);
  CHECK(Read(std::string(kTuple) + "80").kind() == Kind::kTuple);
  CHECK(Read("a0").kind() == Kind::kDict);
  CHECK_THAT(Read("80").as_int().status().message(), Contains("a list, not an int"));
}

TEST_CASE("an int is read exactly, or refused when it does not fit") {
  CHECK(*Read("1b 7fffffffffffffff").as_int() == INT64_MAX);
  CHECK(*Read("3b 7fffffffffffffff").as_int() == INT64_MIN);
  CHECK_FALSE(Read("1b 8000000000000000").as_int().ok());
  CHECK_FALSE(Read("3b 8000000000000000").as_int().ok());
  CHECK_FALSE(Read("c2 49 010000000000000000").as_int().ok());
  CHECK(*Read("c2 49 000000000000000005").as_int() == 5);
  CHECK(*Read("c3 40").as_int() == -1);
  CHECK(Read("c2 40").text() == "0");
  const auto big = Read("c3 49 00ffffffffffffffff").as_big_int();
  CHECK(big->is_negative);
  CHECK(big->magnitude == std::string("\1\0\0\0\0\0\0\0\0", 9));
  CHECK(Read("00").as_big_int()->magnitude.empty());
  CHECK(Read("c2 49 010000000000000000").text() == "18446744073709551616");
  CHECK(Read("3b ffffffffffffffff").text() == "-18446744073709551616");
  CHECK(*Read("1b 0020000000000000").as_double() == 9007199254740992.0);
  CHECK_FALSE(Read("1b 0020000000000001").as_double().ok());
}

TEST_CASE("items and entries come in their order") {
  const Value value = Read("84 01 82 02 03 a1 61 61 04 " + std::string(kTuple) + "81 05");
  CHECK(value.size() == 4);
  std::string text;
  for (const Value& item : value.items()) text += item.text() + ";";
  CHECK(text == "1;[2, 3];{'a': 4};(5,);");
  CHECK(value.text() == "[1, [2, 3], {'a': 4}, (5,)]");
  const Value dict = Read("a3 61 7a 01 02 80 f6 61 62");
  text.clear();
  for (const auto& [key, item] : dict.entries()) text += key.text() + "=" + item.text() + ";";
  CHECK(text == "'z'=1;2=[];None='b';");
  CHECK(*dict.at("z")->as_int() == 1);
  CHECK(dict.at("y").status().code() == StatusCode::kNotFound);
  CHECK_THAT(value.at("y").status().message(), Contains("a list, not a dict"));
}

TEST_CASE("an array is its dtype, its sizes and its bytes") {
  const Value value = Read(std::string(kArray) + "83 65 696e743136 82 01 02 44 01000200");
  const auto array = value.as_array();
  REQUIRE(array.ok());
  CHECK(array->dtype == "int16");
  CHECK(array->shape == std::vector<std::uint64_t>{1, 2});
  CHECK(array->bytes == std::string("\1\0\2\0", 4));
  CHECK(value.text() == R"({'dtype': 'int16', 'shape': (1, 2), 'bytes': b'\x01\x00\x02\x00'})");
}

TEST_CASE("an item lives longer than what it came from, and shares it") {
  std::string_view view;
  Value inner;
  {
    const Value outer = Read("82 01 82 44 61626364 02");
    for (const Value& item : outer.items()) inner = item;
    view = *(*inner.items().begin()).as_bytes();
  }
  CHECK(view == "abcd");
  CHECK(inner.text() == "[b'abcd', 2]");
  const Value copy = inner;
  Value moved = std::move(inner);
  CHECK(copy.text() == moved.text());
}

TEST_CASE("several threads may ask the same value for its text") {
  const Value value = Read("82 01 63 616263");
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (std::size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 100; ++n) right[i] += Value(value).text() == value.text() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>(4, 100));
}

TEST_CASE("what is no value is refused, with the place") {
  const std::string array = kArray;
  const std::pair<std::string, const char*> cases[] = {
      {"", "byte 0: it ends"},
      {"01 01", "byte 1: more follows"},
      {"18", "ends too early"},
      {"1b 00", "ends too early"},
      {"1c", "ends too early, or a length is not told"},
      {"5f 41 61 ff", "a length is not told"},
      {"7f 61 61 ff", "a length is not told"},
      {"9f ff", "a length is not told"},
      {"bf ff", "a length is not told"},
      {"ff", "a length is not told"},
      {"43 6162", "a length is more than there is"},
      {"5b ffffffffffffffff", "a length is more than there is"},
      {"7b 7fffffffffffffff 61", "a length is more than there is"},
      {"9b ffffffffffffffff", "more items than bytes"},
      {"bb 8000000000000000", "more items than bytes"},
      {"82 01", "more items than bytes"},
      {"9b 0000000000000003 01 01", "more items than bytes"},
      {"81 19 01", "ends too early"},
      {"a1 01", "ends too early"},
      {"a1 80 01", "a key is a scalar"},
      {"a1 a0 01", "a key is a scalar"},
      {"a1 " + std::string(kTuple) + "80 01", "a tag that none of ours is"},
      {"61 ff", "UTF-8"},
      {"62 c080", "UTF-8"},
      {"62 c281 63 eda080", "more follows"},
      {"63 eda080", "UTF-8"},
      {"64 f4908080", "UTF-8"},
      {"64 f8888080", "UTF-8"},
      {"62 e282", "UTF-8"},
      {"69 6161616161616161 80", "UTF-8"},
      {std::string(kSurrogates) + "41 ff", "UTF-8"},
      {std::string(kSurrogates) + "61 61", "something else is expected"},
      {"f7", "a simple value"},
      {"e0", "a simple value"},
      {"f8 16", "a simple value"},
      {"f9 3c00", "a simple value"},
      {"fa 3f800000", "a simple value"},
      {"c2 01", "something else is expected"},
      {"c2", "ends too early"},
      {"c2 c2 41 01", "something else is expected"},
      {"c1 01", "a tag that none of ours is"},
      {"d9d9f7 01", "a tag that none of ours is"},
      {std::string(kTuple) + "01", "something else is expected"},
      {std::string(kTuple) + kTuple + "80", "something else is expected"},
      {array + "82 64 626f6f6c 80", "three parts"},
      {array + "83 61 4f 80 40", "a dtype"},
      {array + "83 44 626f6f6c 80 41 00", "something else is expected"},
      {array + "83 64 626f6f6c 80 40", "bytes are not what"},
      {array + "83 64 626f6f6c 81 02 41 00", "bytes are not what"},
      {array + "83 64 626f6f6c 81 20 40", "something else is expected"},
      {array + "83 64 626f6f6c 81 02 5b ffffffffffffffff", "bytes are not what"},
      {array + "83 64 626f6f6c 81 1b 7fffffffffffffff 5b 7fffffffffffffff", "a length is more"},
      {array + "83 64 626f6f6c 82 1b 8000000000000000 02 40", "sizes are too large"},
      {array + "83 65 696e743136 82 1b 4000000000000000 00 40", "sizes are too large"},
      {array + "83 64 626f6f6c 83 1b 4000000000000000 00 04 40", "sizes are too large"},
      {array + "83 64 626f6f6c 98 21", "too many dimensions"},
  };
  for (const auto& [hex, why] : cases) {
    INFO(hex);
    const auto value = Value::from_data(Bytes(hex));
    CHECK_FALSE(value.ok());
    CHECK_THAT(value.status().message(), Contains(why));
  }
}

TEST_CASE("a hundred levels are read, one more is refused") {
  CHECK(Value::from_data(std::string(99, '\x81') + '\x80').ok());
  CHECK_THAT(Value::from_data(std::string(100, '\x81') + '\x80').status().message(),
             Contains("byte 101: too deep"));
  CHECK_FALSE(Value::from_data(std::string(1 << 20, '\x81')).ok());
  CHECK_FALSE(Value::from_data(std::string(1 << 20, '\xc2')).ok());
}

TEST_CASE("digits are right at every length about where the ways of making them change") {
  // 2^n - 1 by doubling, digit by digit.
  std::string wanted = "0";
  for (std::size_t bits = 1; bits <= 9000; ++bits) {
    int carry = 1;
    for (auto digit = wanted.rbegin(); digit != wanted.rend(); ++digit) {
      carry += 2 * (*digit - '0');
      *digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    if (carry != 0) wanted.insert(0, 1, static_cast<char>('0' + carry));
    if (bits % 32 > 1 && bits % 32 < 31) continue;
    std::string magnitude((bits + 7) / 8, '\xff');
    magnitude[0] = static_cast<char>(0xff >> (magnitude.size() * 8 - bits));
    CHECK(muster::ToDecimal(magnitude) == wanted);
  }
  CHECK(muster::ToDecimal("") == "0");
  CHECK(muster::ToDecimal(std::string(1000, '\0')) == "0");
}
