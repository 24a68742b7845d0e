#include "common/escape.h"

#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace muster {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Beyond ASCII, in ascending order: C1; of Unicode's category Cf all that cannot be seen, but for
// the joiners U+200C and U+200D; and the separators U+2028 and U+2029.
constexpr Range kNotShown[] = {
    {0x0080, 0x009f},    // C1 controls
    {0x00ad, 0x00ad},    // soft hyphen
    {0x061c, 0x061c},    // Arabic letter mark
    {0x180e, 0x180e},    // Mongolian vowel separator
    {0x200b, 0x200b},    // zero width space
    {0x200e, 0x200f},    // left-to-right and right-to-left mark
    {0x2028, 0x202e},    // separators; embeddings and overrides of direction
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates, deprecated controls
    {0xfeff, 0xfeff},    // byte order mark
    {0xfff9, 0xfffb},    // interlinear annotations
    {0x1bca0, 0x1bca3},  // shorthand format controls
    {0x1d173, 0x1d17a},  // musical format controls
    {0xe0000, 0xe007f},  // tags: ASCII that nobody sees
};

bool IsShown(std::uint32_t value) {
  const Range* range =
      std::find_if(std::begin(kNotShown), std::end(kNotShown),
                   [value](const Range& candidate) { return value <= candidate.last; });
  return range == std::end(kNotShown) || value < range->first;
}

bool IsHarmless(unsigned char byte) {
  return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\t';
}

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // bytes; 0: not UTF-8
};

// How many bytes a character has that begins with this one; 0: none does.
std::size_t LengthOf(unsigned char lead) {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The code point of more than one byte at the start of `text`, as RFC 3629 section 4 allows it.
CodePoint Decode(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = LengthOf(lead);
  if (length == 0 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return {};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
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
    } else if (!IsShown(point.value) && point.value > 0xffff) {
      absl::StrAppendFormat(&shown, "\\U%08x", point.value);
    } else if (!IsShown(point.value)) {
      absl::StrAppendFormat(&shown, "\\u%04x", point.value);
    } else {
      shown.append(text.data(), point.length);
    }
    text.remove_prefix(std::max<std::size_t>(1, point.length));
  }
  return shown;
}

std::string EscapeToOneLine(absl::string_view text) {
  return absl::StrReplaceAll(EscapeControls(text), {{"\n", "\\n"}, {"\t", "\\t"}});
}

std::size_t UnfinishedBytes(absl::string_view text) {
  for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(3, text.size()); ++bytes) {
    const char byte = text[text.size() - bytes];
    if (!IsContinuation(byte))
      return LengthOf(static_cast<unsigned char>(byte)) > bytes ? bytes : 0;
  }
  return 0;
}

}  // namespace muster
