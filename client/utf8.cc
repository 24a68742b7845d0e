#include "client/utf8.h"

#include <string.h>

#include <cstdint>

namespace muster {
namespace {

constexpr int kLast = 0x10ffff;
constexpr std::uint64_t kHighBits = 0x8080808080808080;

// Eight at a time: most text is ASCII.
std::size_t AsciiLength(std::string_view text) {
  std::size_t length = 0;
  for (std::uint64_t eight = 0; text.size() - length >= sizeof(eight); length += sizeof(eight)) {
    ::memcpy(&eight, text.data() + length, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  return length;
}

}  // namespace

int TakeCharacter(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  constexpr int kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (first < 0xc0 || first > 0xf7 || text.size() < length) return -1;
  int code = first & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return -1;
    code = code << 6 | (byte(i) & 0x3f);
  }
  if (code < kSmallest[length] || code > kLast) return -1;
  text.remove_prefix(length);
  return code;
}

bool IsUtf8(std::string_view text, bool allows_surrogates) {
  while (true) {
    text.remove_prefix(AsciiLength(text));
    if (text.empty()) return true;
    const int code = TakeCharacter(text);
    if (code < 0) return false;
    if (code >= 0xd800 && code <= 0xdfff && !allows_surrogates) return false;
  }
}

}  // namespace muster
