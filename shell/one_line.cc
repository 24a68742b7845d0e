#include "shell/one_line.h"

#include "common/escape.h"

namespace muster::clustershell {
namespace {

// Where the character with this number, from 0, begins in UTF-8; npos when there are not so many.
std::size_t OffsetOf(std::size_t number, const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins && number-- == 0) return i;
  }
  return std::string::npos;
}

}  // namespace

std::string OneLine(absl::string_view text) { return EscapeToOneLine(text); }

std::string Cut(const std::string& line, std::size_t columns) {
  if (columns == 0) return "";
  if (OffsetOf(columns, line) == std::string::npos) return line;
  return line.substr(0, OffsetOf(columns - 1, line)) + "…";
}

}  // namespace muster::clustershell
