#include "common/marked_text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "common/escape.h"

namespace muster {
namespace {

constexpr std::size_t kBefore = 48;  // bytes shown in front of the place
constexpr std::size_t kBehind = 24;  // and behind it

// As many columns as a terminal gives it, but for wide characters.
std::size_t Columns(absl::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

absl::Status MarkedText::Error(absl::StatusCode code, std::size_t at,
                               absl::string_view message) const {
  const absl::string_view text = text_;
  at = std::min(at, text.size());
  const std::size_t begin = at > kBefore ? at - kBefore : 0;
  const std::size_t end = std::min(text.size(), at + kBehind);
  const std::string before =
      absl::StrCat(begin > 0 ? "…" : "", EscapeToOneLine(text.substr(begin, at - begin)));
  const std::string shown = absl::StrCat(before, EscapeToOneLine(text.substr(at, end - at)),
                                         end < text.size() ? "…" : "");
  return {code, absl::StrCat(what_, " '", shown, "': ", message, "\n  ", shown, "\n  ",
                             std::string(Columns(before), ' '), "^")};
}

std::string FirstLine(absl::string_view message) {
  return std::string(message.substr(0, message.find('\n')));
}

}  // namespace muster
