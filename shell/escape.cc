#include "shell/escape.h"

#include <absl/strings/str_format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace muster::clustershell {
namespace {

bool IsHarmless(unsigned char byte) {
  return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\t';
}

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // bytes; 0: not UTF-8
};

// The code point of more than one byte at the start of `text`, as RFC 3629 section 4 allows it.
CodePoint Decode(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    value = value << 6 | (next & 0x3fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, length};
}

}  // namespace

std::string EscapeControls(absl::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), IsHarmless) - text.begin());
    shown.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text[0]);
    const CodePoint point = byte < 0x80 ? CodePoint{byte, 0} : Decode(text);
    if (byte == '\r') {
      shown += "\\r";
    } else if (point.length == 0) {
      absl::StrAppendFormat(&shown, "\\x%02x", byte);
    } else if (point.value < 0xa0) {
      absl::StrAppendFormat(&shown, "\\u%04x", point.value);
    } else {
      shown.append(text.data(), point.length);
    }
    text.remove_prefix(std::max<std::size_t>(1, point.length));
  }
  return shown;
}

}  // namespace muster::clustershell
