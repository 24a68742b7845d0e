// CompileCache: a cell's source as code, and the sources of the cells compiled last, for
// tracebacks. Every cell's code has a file name object of its own (all read "<command>"), by which
// its source is found: what an older cell defined never shows a line of a newer one. The
// interpreter's thread.
#pragma once

#include <Python.h>

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace muster::server {

class CompileCache {
 public:
  struct Code {
    PyObject* statements = nullptr;  // null: there are none
    PyObject* expression = nullptr;  // the cell's value; null: it has none
  };

  // `compile_cell`: as in runner.py; borrowed for good.
  explicit CompileCache(PyObject* compile_cell) : compile_cell_(compile_cell) {}
  CompileCache(const CompileCache&) = delete;
  CompileCache& operator=(const CompileCache&) = delete;

  // Borrowed until the next call. Null with a Python exception set: it is no Python.
  const Code* Compile(const std::string& source);
  // A warning was shown. What warns while it is compiled has to do so every time.
  void NoteWarning() { ++warnings_; }
  // The source of the cell whose code has this file name; null: it is none of the last ones.
  const std::string* FindSource(PyObject* filename) const;

 private:
  struct Entry {
    std::string source;
    PyObject* filename = nullptr;
    Code code;
  };
  using Entries = std::list<Entry>;

  bool Fill(Entry& entry);
  void Forget(Entries::iterator entry);

  PyObject* const compile_cell_;
  Entries entries_;  // the one used last first
  std::unordered_map<std::string_view, Entries::iterator> by_source_;
  std::size_t bytes_ = 0;
  unsigned warnings_ = 0;
};

// True: this source, where it is an expression at all, may be compiled as one at once: it means the
// same as the cell that holds nothing else, down to its warnings.
bool MayBePlainExpression(std::string_view source);

}  // namespace muster::server
