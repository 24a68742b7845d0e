#include "client/value_check.h"

#include <absl/strings/str_cat.h>

#include <limits>

#include "client/utf8.h"
#include "client/value_head.h"

namespace muster {
namespace {

using Type = ValueHead::Type;

constexpr int kMaxDepth = 100;
constexpr std::uint64_t kMaxDimensions = 32;
constexpr std::uint64_t kMaxArrayBytes = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kPartsOfArray = 3;

struct ElementType {
  std::string_view dtype;
  std::uint64_t size;
};
constexpr ElementType kElementTypes[] = {
    {"bool", 1},    {"int8", 1},    {"uint8", 1},     {"int16", 2},       {"uint16", 2},
    {"int32", 4},   {"uint32", 4},  {"int64", 8},     {"uint64", 8},      {"float16", 2},
    {"float32", 4}, {"float64", 8}, {"complex64", 8}, {"complex128", 16},
};

// 0: no dtype of ours.
std::uint64_t ElementSize(std::string_view dtype) {
  for (const ElementType& type : kElementTypes) {
    if (type.dtype == dtype) return type.size;
  }
  return 0;
}

// Walks over the data once. Every function says whether it found what it is called after; the first
// that did not has left a word about it.
class Checker {
 public:
  explicit Checker(std::string_view data) : data_(data) {}

  absl::Status Run() {
    if (Item(0) && at_ != data_.size()) Wrong("more follows the value");
    if (wrong_ == nullptr) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("byte ", at_, ": ", wrong_));
  }

 private:
  bool Wrong(const char* what) {
    if (wrong_ == nullptr) wrong_ = what;
    return false;
  }

  bool Head(ValueHead& head) {
    const std::optional<ValueHead> read = ValueHead::Read(data_, at_);
    if (!read) return Wrong("it ends too early, or a length is not told");
    head = *read;
    at_ = head.end;
    return true;
  }

  bool Head(Type type, ValueHead& head) {
    if (!Head(head)) return false;
    return head.type == type || Wrong("something else is expected here");
  }

  bool Bytes(std::uint64_t size) {
    if (size > data_.size() - at_) return Wrong("a length is more than there is");
    at_ += size;
    return true;
  }

  bool Text(std::uint64_t size, bool allows_surrogates) {
    if (size > data_.size() - at_) return Wrong("a length is more than there is");
    if (!IsUtf8(data_.substr(at_, size), allows_surrogates)) return Wrong("text is not UTF-8");
    at_ += size;
    return true;
  }

  bool Item(int depth) {
    ValueHead head;
    if (!Head(head)) return false;
    switch (head.type) {
      case Type::kArray:
        return List(head.number, depth);
      case Type::kMap:
        return Dict(head.number, depth);
      case Type::kTag:
        if (head.number == ValueHead::kTagArray) return Array();
        if (head.number == ValueHead::kTagTuple) {
          return Head(Type::kArray, head) && List(head.number, depth);
        }
        return Scalar(head);
      default:
        return Scalar(head);
    }
  }

  bool Scalar(const ValueHead& head) {
    switch (head.type) {
      case Type::kUnsigned:
      case Type::kNegative:
        return true;
      case Type::kBytes:
        return Bytes(head.number);
      case Type::kText:
        return Text(head.number, false);
      case Type::kTag: {
        ValueHead bytes;
        if (!head.IsTaggedBytes()) return Wrong("a tag that none of ours is");
        if (!Head(Type::kBytes, bytes)) return false;
        return head.number == ValueHead::kTagSurrogates ? Text(bytes.number, true)
                                                        : Bytes(bytes.number);
      }
      case Type::kOther:
        return head.IsNone() || head.IsFalse() || head.IsTrue() || head.IsFloat() ||
               Wrong("a simple value that none of ours is");
      default:
        return Wrong("a key is a scalar");
    }
  }

  bool List(std::uint64_t count, int depth) {
    if (depth >= kMaxDepth) return Wrong("too deep");
    if (count > data_.size() - at_) return Wrong("more items than bytes");
    for (; count > 0; --count) {
      if (!Item(depth + 1)) return false;
    }
    return true;
  }

  bool Dict(std::uint64_t count, int depth) {
    if (depth >= kMaxDepth) return Wrong("too deep");
    if (count > data_.size() - at_) return Wrong("more items than bytes");
    for (ValueHead key; count > 0; --count) {
      if (!Head(key) || !Scalar(key) || !Item(depth + 1)) return false;
    }
    return true;
  }

  bool Array() {
    ValueHead head;
    if (!Head(Type::kArray, head)) return false;
    if (head.number != kPartsOfArray) return Wrong("an array has three parts");
    if (!Head(Type::kText, head)) return false;
    const std::size_t dtype = at_;
    if (!Bytes(head.number)) return false;
    std::uint64_t bytes = ElementSize(data_.substr(dtype, head.number));
    if (bytes == 0) return Wrong("a dtype that none of ours is");
    if (!Head(Type::kArray, head)) return false;
    if (head.number > kMaxDimensions) return Wrong("too many dimensions");
    bool is_empty = false;
    for (std::uint64_t left = head.number; left > 0; --left) {
      if (!Head(Type::kUnsigned, head)) return false;
      is_empty = is_empty || head.number == 0;
      if (head.number > 1 && bytes > kMaxArrayBytes / head.number) {
        return Wrong("an array's sizes are too large");
      }
      if (head.number > 1) bytes *= head.number;
    }
    if (!Head(Type::kBytes, head)) return false;
    if (head.number != (is_empty ? 0 : bytes)) {
      return Wrong("an array's bytes are not what its sizes say");
    }
    return Bytes(head.number);
  }

  const std::string_view data_;
  std::size_t at_ = 0;
  const char* wrong_ = nullptr;
};

}  // namespace

absl::Status CheckValue(std::string_view data) { return Checker(data).Run(); }

}  // namespace muster
