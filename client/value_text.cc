#include "client/value_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "client/decimal.h"
#include "client/utf8.h"

namespace muster {
namespace {

// Longer ones are hexadecimal, which takes no more time than they have digits.
constexpr std::size_t kMaxDecimalBytes = 262144;
constexpr int kMostPlainExponent = 16;  // as Python: from 1e16 on, and below 1e-4, with an exponent
constexpr int kLeastPlainExponent = -4;
constexpr char kHexDigits[] = "0123456789abcdef";

void AppendHex(unsigned code, int digits, std::string& out) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kHexDigits[code >> shift & 15];
}

void AppendInt(const Value::BigInt& number, std::string& out) {
  if (number.is_negative) out += '-';
  if (number.magnitude.size() <= kMaxDecimalBytes) {
    out += ToDecimal(number.magnitude);
    return;
  }
  out += "0x";
  for (const char byte : number.magnitude) AppendHex(static_cast<unsigned char>(byte), 2, out);
}

// The shortest digits that give the same float, set as Python sets them.
void AppendFloat(double number, std::string& out) {
  if (std::isnan(number)) {
    out += "nan";
    return;
  }
  if (std::signbit(number)) out += '-';
  if (std::isinf(number)) {
    out += "1e999";
    return;
  }
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof(text), std::fabs(number), std::chars_format::scientific);
  const std::string_view shortest(text, static_cast<std::size_t>(end.ptr - text));
  const std::size_t e = shortest.find('e');
  const int exponent = std::atoi(std::string(shortest.substr(e + 1)).c_str());
  std::string digits(shortest.substr(0, 1));
  if (e > 2) digits += shortest.substr(2, e - 2);
  if (exponent < kLeastPlainExponent || exponent >= kMostPlainExponent) {
    out += digits.substr(0, 1);
    if (digits.size() > 1) out += '.' + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10) out += '0';
    out += std::to_string(std::abs(exponent));
    return;
  }
  if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent) - 1, '0') + digits;
    return;
  }
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) digits.append(whole - digits.size() + 1, '0');
  out += digits.substr(0, whole) + '.' + digits.substr(whole);
}

// As Python chooses it.
char QuoteFor(std::string_view text) {
  const bool has_single = text.find('\'') < text.size();
  return has_single && text.find('"') >= text.size() ? '"' : '\'';
}

void AppendCharacter(unsigned code, char quote, bool is_text, std::string& out) {
  switch (code) {
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (code == '\\' || code == static_cast<unsigned char>(quote)) out += '\\';
  if (code >= ' ' && code < 0x7f) {
    out += static_cast<char>(code);
  } else if (code <= 0xff) {
    out += "\\x";
    AppendHex(code, 2, out);
  } else if (is_text && code <= 0xffff) {
    out += "\\u";
    AppendHex(code, 4, out);
  } else {
    out += "\\U";
    AppendHex(code, 8, out);
  }
}

void AppendText(std::string_view text, std::string& out) {
  const char quote = QuoteFor(text);
  out += quote;
  while (!text.empty()) {
    AppendCharacter(static_cast<unsigned>(TakeCharacter(text)), quote, true, out);
  }
  out += quote;
}

void AppendBytes(std::string_view bytes, std::string& out) {
  const char quote = QuoteFor(bytes);
  out += 'b';
  out += quote;
  for (const char byte : bytes) {
    AppendCharacter(static_cast<unsigned char>(byte), quote, false, out);
  }
  out += quote;
}

void Append(const Value& value, std::string& out);

void AppendItems(const Value& value, std::string& out) {
  const char* between = "";
  for (const Value& item : value.items()) {
    out += between;
    between = ", ";
    Append(item, out);
  }
}

void AppendDict(const Value& value, std::string& out) {
  const char* between = "";
  out += '{';
  for (const auto& [key, item] : value.entries()) {
    out += between;
    between = ", ";
    Append(key, out);
    out += ": ";
    Append(item, out);
  }
  out += '}';
}

void AppendArray(const Value::Array& array, std::string& out) {
  out += "{'dtype': '" + array.dtype + "', 'shape': (";
  for (const std::uint64_t size : array.shape) out += std::to_string(size) + ", ";
  if (array.shape.size() > 1) out.resize(out.size() - 2);
  if (array.shape.size() == 1) out.resize(out.size() - 1);
  out += "), 'bytes': ";
  AppendBytes(array.bytes, out);
  out += '}';
}

void Append(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Value::Kind::kNone:
      out += "None";
      break;
    case Value::Kind::kBool:
      out += *value.as_bool() ? "True" : "False";
      break;
    case Value::Kind::kInt:
      AppendInt(*value.as_big_int(), out);
      break;
    case Value::Kind::kFloat:
      AppendFloat(*value.as_double(), out);
      break;
    case Value::Kind::kString:
      AppendText(*value.as_string(), out);
      break;
    case Value::Kind::kBytes:
      AppendBytes(*value.as_bytes(), out);
      break;
    case Value::Kind::kList:
      out += '[';
      AppendItems(value, out);
      out += ']';
      break;
    case Value::Kind::kTuple:
      out += '(';
      AppendItems(value, out);
      out += value.size() == 1 ? ",)" : ")";
      break;
    case Value::Kind::kDict:
      AppendDict(value, out);
      break;
    case Value::Kind::kArray:
      AppendArray(*value.as_array(), out);
      break;
    case Value::Kind::kText:
      break;
  }
}

}  // namespace

std::string ToLiteral(const Value& value) {
  std::string literal;
  Append(value, literal);
  return literal;
}

}  // namespace muster
