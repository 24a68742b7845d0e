// Table: rows of cells, printed in columns. Pure; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace muster::clustershell {

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // for numbers
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. Each is made one line, harmless for a terminal: a node
  // writes some of them.
  void Add(std::vector<std::string> row);

  static constexpr std::size_t kAnyWidth = static_cast<std::size_t>(-1);

  // The titles and the rows, each column as wide as its widest cell is on a terminal, two blanks
  // between; lines end without blanks. The last column is cut to what the others leave of
  // `columns`, but never below ten.
  std::string Render(std::size_t columns = kAnyWidth) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster::clustershell
