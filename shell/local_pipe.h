// LocalPipe: a command of this machine's shell that reads what a line prints. Main thread.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>
#include <utility>

#include "common/child_process.h"
#include "common/unique_fd.h"
#include "shell/signals.h"

namespace muster::clustershell {

// "make !| grep warning" is "make" and "grep warning"; without the word `!|` outside of quotes the
// second one is empty.
struct PipedLine {
  absl::string_view command;
  absl::string_view local;
  bool has_pipe = false;
};
PipedLine SplitPipe(absl::string_view line);

class LocalPipe {
 public:
  // `sh -c command`, with our own stdout and stderr.
  static absl::StatusOr<LocalPipe> Start(const std::string& command);

  // Where to write what it reads.
  int fd() const { return input_.get(); }
  // Nothing more comes; its exit code, 128 + n for signal n. A second Ctrl-C kills it.
  int Finish(const Signals& signals);

 private:
  ChildProcess child_;
  UniqueFd input_;
};

}  // namespace muster::clustershell
