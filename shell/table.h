// Table: rows of cells, printed in columns. Pure; one thread.
#pragma once

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

  // As many cells as there are columns.
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  // The titles and the rows, each column as wide as its widest cell, two blanks between; lines end
  // without blanks.
  std::string Render() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster::clustershell
