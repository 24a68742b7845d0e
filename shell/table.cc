#include "shell/table.h"

#include <algorithm>

namespace muster::clustershell {

std::string Table::Render() const {
  std::vector<std::vector<std::string>> lines(1);
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) lines[0].push_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = 0;
    for (const auto& line : lines) width = std::max(width, line[i].size());
    widths.push_back(width);
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string padding(widths[i] - line[i].size(), ' ');
      text += columns_[i].right ? padding + line[i] : line[i] + padding;
      text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace muster::clustershell
