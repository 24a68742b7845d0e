#include "shell/table.h"

#include <algorithm>
#include <utility>

#include "shell/display_width.h"
#include "shell/one_line.h"

namespace muster::clustershell {
namespace {

constexpr std::size_t kFewestColumns = 10;

}  // namespace

void Table::Add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = OneLine(cell);
  rows_.push_back(std::move(row));
}

std::string Table::Render(std::size_t columns) const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<std::size_t> widths;
  std::size_t taken = 0;  // by the columns in front
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t left = columns > taken + kFewestColumns ? columns - taken : kFewestColumns;
    std::size_t width = 0;
    for (auto& line : lines) {
      if (i + 1 == columns_.size()) line[i] = Cut(line[i], left);
      width = std::max(width, DisplayWidth(line[i]));
    }
    widths.push_back(width);
    taken += width + 2;
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(line[i]), ' ');
      text += columns_[i].right ? padding + line[i] : line[i] + padding;
      text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace muster::clustershell
