// ValueHead: the first bytes of each item of data (RFC 8949, docs/values.md): what it is, and a
// number. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

struct ValueHead {
  enum class Type : std::uint8_t {
    kUnsigned,
    kNegative,  // -1 - number
    kBytes,     // number: how many follow
    kText,
    kArray,  // number: how many items follow
    kMap,    // number: how many pairs
    kTag,    // number: which; one item follows
    kOther,  // below
  };
  static constexpr std::uint64_t kTagPositiveBig = 2;
  static constexpr std::uint64_t kTagNegativeBig = 3;
  static constexpr std::uint64_t kTagTuple = 60001;
  static constexpr std::uint64_t kTagSurrogates = 60002;
  static constexpr std::uint64_t kTagArray = 60003;

  Type type = Type::kOther;
  std::uint8_t info = 0;     // how the number stands there
  std::uint64_t number = 0;  // of kOther: the simple value, or the bits of the float
  std::size_t end = 0;       // the offset of what follows

  bool IsFalse() const { return type == Type::kOther && info == 20; }
  bool IsTrue() const { return type == Type::kOther && info == 21; }
  bool IsNone() const { return type == Type::kOther && info == 22; }
  bool IsFloat() const { return type == Type::kOther && info == 27; }
  // A tag that one byte string follows.
  bool IsTaggedBytes() const {
    return type == Type::kTag &&
           (number == kTagPositiveBig || number == kTagNegativeBig || number == kTagSurrogates);
  }

  // Empty: the data ends in it, or its length is not told.
  static std::optional<ValueHead> Read(std::string_view data, std::size_t offset);
};

}  // namespace muster
