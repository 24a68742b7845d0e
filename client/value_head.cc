#include "client/value_head.h"

namespace muster {
namespace {
constexpr std::uint8_t kLargestInline = 23;
constexpr std::uint8_t kEightBytes = 27;
}  // namespace

std::optional<ValueHead> ValueHead::Read(std::string_view data, std::size_t offset) {
  if (offset >= data.size()) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(data[offset]);
  ValueHead head;
  head.type = static_cast<Type>(first >> 5);
  head.info = first & 31;
  head.end = offset + 1;
  if (head.info <= kLargestInline) {
    head.number = head.info;
    return head;
  }
  if (head.info > kEightBytes) return std::nullopt;
  const std::size_t width = std::size_t{1} << (head.info - kLargestInline - 1);
  if (data.size() - head.end < width) return std::nullopt;
  for (const std::size_t end = head.end + width; head.end < end; ++head.end) {
    head.number = head.number << 8 | static_cast<std::uint8_t>(data[head.end]);
  }
  return head;
}

}  // namespace muster
