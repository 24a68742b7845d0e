#include "shell/one_line.h"

#include "common/escape.h"
#include "shell/display_width.h"

namespace muster::clustershell {
std::string OneLine(absl::string_view text) { return EscapeToOneLine(text); }

std::string Cut(const std::string& line, std::size_t columns) {
  if (columns == 0) return "";
  if (DisplayWidth(line) <= columns) return line;
  return line.substr(0, BytesWithin(line, columns - 1)) + "…";
}

}  // namespace muster::clustershell
