#include "client/muster/value.h"

#include <absl/status/status.h>

#include <algorithm>
#include <bit>

#include "client/value_check.h"
#include "client/value_document.h"
#include "client/value_text.h"

namespace muster {
namespace {

using Type = ValueHead::Type;

constexpr int kBitsOfDouble = 53;

const char* Name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kText:
      return "text";
    case Value::Kind::kNone:
      return "None";
    case Value::Kind::kBool:
      return "a bool";
    case Value::Kind::kInt:
      return "an int";
    case Value::Kind::kFloat:
      return "a float";
    case Value::Kind::kString:
      return "a str";
    case Value::Kind::kBytes:
      return "bytes";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kTuple:
      return "a tuple";
    case Value::Kind::kDict:
      return "a dict";
    case Value::Kind::kArray:
      return "an array";
  }
  return "nothing";
}

// The absolute value of -1 - n, for n as big endian bytes.
std::string AddOne(std::string_view bytes) {
  std::string sum(bytes);
  for (auto digit = sum.rbegin(); digit != sum.rend(); ++digit) {
    if (*digit = static_cast<char>(*digit + 1); *digit != 0) return sum;
  }
  return '\1' + sum;
}

std::string BigEndian(std::uint64_t number) {
  std::string bytes(sizeof(number), '\0');
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, number >>= 8) {
    *byte = static_cast<char>(number & 0xff);
  }
  return bytes;
}

}  // namespace

// Over a container all that is in it; the rest has its length before it.
std::size_t Value::Document::Skip(std::size_t offset) const {
  for (std::uint64_t left = 1; left > 0; --left) {
    const ValueHead head = Head(offset);
    offset = head.end;
    switch (head.type) {
      case Type::kBytes:
      case Type::kText:
        offset += head.number;
        break;
      case Type::kArray:
        left += head.number;
        break;
      case Type::kMap:
        left += 2 * head.number;
        break;
      case Type::kTag:
        ++left;
        break;
      default:
        break;
    }
  }
  return offset;
}

void Value::Cursor::Step() {
  offset_ = document_->Skip(offset_);
  --left_;
}

Result<Value> Value::from_data(std::string data) {
  if (const absl::Status status = CheckValue(data); !status.ok()) {
    return Status(StatusCode::kInvalidArgument, std::string(status.message()));
  }
  return Value(std::make_shared<const Document>(std::move(data)), 0);
}

Value::Value(std::shared_ptr<const Document> document, std::size_t offset)
    : document_(std::move(document)), offset_(offset) {}

// The literal of data stays where it is: somebody may be making it.
Value::Value(const Value& other)
    : text_(other.document_ ? "" : other.text_),
      document_(other.document_),
      offset_(other.offset_) {}

Value& Value::operator=(const Value& other) { return *this = Value(other); }

Value::Kind Value::kind() const {
  if (!document_) return Kind::kText;
  const ValueHead head = document_->Head(offset_);
  switch (head.type) {
    case Type::kUnsigned:
    case Type::kNegative:
      return Kind::kInt;
    case Type::kBytes:
      return Kind::kBytes;
    case Type::kText:
      return Kind::kString;
    case Type::kArray:
      return Kind::kList;
    case Type::kMap:
      return Kind::kDict;
    case Type::kTag:
      if (head.number == ValueHead::kTagTuple) return Kind::kTuple;
      if (head.number == ValueHead::kTagArray) return Kind::kArray;
      return head.number == ValueHead::kTagSurrogates ? Kind::kString : Kind::kInt;
    case Type::kOther:
      break;
  }
  return head.IsNone() ? Kind::kNone : head.IsFloat() ? Kind::kFloat : Kind::kBool;
}

const std::string& Value::text() const {
  if (!document_) return text_;
  const MutexLock lock(document_->mutex());
  if (text_.empty()) text_ = ToLiteral(Value(document_, offset_));
  return text_;
}

Status Value::is_not(const char* wanted) const {
  if (!is_data() && text_.empty()) {
    return {StatusCode::kInvalidArgument,
            "there is no value: the command failed or gave none; Outcome::describe() says how"};
  }
  if (!is_data()) {
    return {StatusCode::kInvalidArgument,
            std::string("the value is text, not ") + wanted +
                "; it crosses as data when the command is made with muster::python(source, "
                "muster::Command::Form::kData), and is of a type that does"};
  }
  return {StatusCode::kInvalidArgument,
          std::string("the value is ") + Name(kind()) + ", not " + wanted};
}

Result<bool> Value::as_bool() const {
  if (kind() != Kind::kBool) return is_not("a bool");
  return document_->Head(offset_).IsTrue();
}

Result<Value::BigInt> Value::as_big_int() const {
  if (kind() != Kind::kInt) return is_not("an int");
  const ValueHead head = document_->Head(offset_);
  BigInt number;
  if (head.type == Type::kTag) {
    number.is_negative = head.number == ValueHead::kTagNegativeBig;
    number.magnitude = document_->Bytes(document_->Head(head.end));
  } else {
    number.is_negative = head.type == Type::kNegative;
    number.magnitude = BigEndian(head.number);
  }
  if (number.is_negative) number.magnitude = AddOne(number.magnitude);
  number.magnitude.erase(0, number.magnitude.find_first_not_of('\0'));
  return number;
}

Result<std::int64_t> Value::as_int() const {
  const Result<BigInt> number = as_big_int();
  if (!number) return number.status();
  std::uint64_t magnitude = 0;
  for (const char byte : number->magnitude.substr(0, sizeof(magnitude))) {
    magnitude = magnitude << 8 | static_cast<unsigned char>(byte);
  }
  const std::uint64_t most = (std::uint64_t{1} << 63) - (number->is_negative ? 0 : 1);
  if (number->magnitude.size() > sizeof(magnitude) || magnitude > most) {
    return Status(StatusCode::kInvalidArgument, "the value is an int of more than 64 bits");
  }
  return static_cast<std::int64_t>(number->is_negative ? ~magnitude + 1 : magnitude);
}

Result<double> Value::as_double() const {
  if (kind() == Kind::kInt) {
    const Result<std::int64_t> number = as_int();
    if (!number) return number.status();
    constexpr std::int64_t kMost = std::int64_t{1} << kBitsOfDouble;
    if (*number < -kMost || *number > kMost) return is_not("a float, and has more than 53 bits");
    return static_cast<double>(*number);
  }
  if (kind() != Kind::kFloat) return is_not("a float");
  return std::bit_cast<double>(document_->Head(offset_).number);
}

Result<std::string_view> Value::as_string() const {
  if (kind() != Kind::kString) return is_not("a str");
  const ValueHead head = document_->Head(offset_);
  return document_->Bytes(head.type == Type::kTag ? document_->Head(head.end) : head);
}

Result<std::string_view> Value::as_bytes() const {
  if (kind() != Kind::kBytes) return is_not("bytes");
  return document_->Bytes(document_->Head(offset_));
}

Result<Value::Array> Value::as_array() const {
  if (kind() != Kind::kArray) return is_not("an array");
  Array array;
  const ValueHead parts = document_->Head(document_->Head(offset_).end);
  const ValueHead dtype = document_->Head(parts.end);
  array.dtype = document_->Bytes(dtype);
  ValueHead head = document_->Head(dtype.end + dtype.number);
  for (std::uint64_t left = head.number; left > 0; --left) {
    head = document_->Head(head.end);
    array.shape.push_back(head.number);
  }
  array.bytes = document_->Bytes(document_->Head(head.end));
  return array;
}

std::size_t Value::size() const {
  switch (kind()) {
    case Kind::kString:
      return as_string()->size();
    case Kind::kBytes:
    case Kind::kList:
    case Kind::kDict:
      return document_->Head(offset_).number;
    case Kind::kTuple:
      return document_->Head(document_->Head(offset_).end).number;
    default:
      return 0;
  }
}

Value::Items Value::items() const {
  if (kind() != Kind::kList && kind() != Kind::kTuple) return Items(Cursor());
  ValueHead head = document_->Head(offset_);
  if (head.type == Type::kTag) head = document_->Head(head.end);
  return Items(Cursor(document_, head.end, head.number));
}

Value::Entries Value::entries() const {
  if (kind() != Kind::kDict) return Entries(Cursor());
  const ValueHead head = document_->Head(offset_);
  return Entries(Cursor(document_, head.end, 2 * head.number));
}

Result<Value> Value::at(std::string_view key) const {
  for (auto [name, value] : entries()) {
    if (const Result<std::string_view> text = name.as_string(); text && *text == key) return value;
  }
  if (kind() != Kind::kDict) return Status(StatusCode::kNotFound, is_not("a dict").message());
  return Status(StatusCode::kNotFound, "the dict has no key \"" + std::string(key) + "\"");
}

}  // namespace muster
