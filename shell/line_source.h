// LineSource: where clustershell gets its lines from: the flags, a script, a person. Main thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shell/signals.h"

namespace muster::clustershell {

class LineSource {
 public:
  virtual ~LineSource() = default;
  // The next line, without its newline. Empty: there is none any more, or a signal came meanwhile
  // (Signals knows which).
  virtual std::optional<std::string> Next() = 0;
  // Whether somebody sits there: then Ctrl-C ends a line, not the shell.
  virtual bool IsInteractive() const { return false; }
};

// The lines of -c.
class GivenLines : public LineSource {
 public:
  explicit GivenLines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  std::optional<std::string> Next() override;

 private:
  std::vector<std::string> lines_;
  std::size_t next_ = 0;
};

// The lines of a descriptor, as they come.
class ScriptLines : public LineSource {
 public:
  // Both have to live longer.
  ScriptLines(int fd, Signals& signals) : fd_(fd), signals_(signals) {}
  std::optional<std::string> Next() override;

 private:
  // Blocks for more; false at the end of the file and after a signal.
  bool Read();

  std::string Clean(std::string line);

  int fd_;
  bool is_first_ = true;
  Signals& signals_;
  std::string buffer_;
  std::size_t start_ = 0;  // in buffer_, of the next line
};

}  // namespace muster::clustershell
