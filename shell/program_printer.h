// ProgramPrinter: prints what a program writes that we run on this machine, as it comes. Such a
// program prints what nodes told it, and its standard output is a pipe, so that it has no colours
// of its own to lose: on a terminal everything is escaped. Lives on the main thread.
#pragma once

#include <string>

#include "client/ClusterAPI.h"
#include "shell/output.h"

namespace muster::clustershell {

class ProgramPrinter {
 public:
  explicit ProgramPrinter(Output& output) : output_(output) {}

  // Up to three bytes wait for the rest of their character.
  void Take(const Event& event);
  // Prints what still waits.
  void Finish();

 private:
  std::string& WaitingOf(Output::Stream stream) {
    return stream == Output::Stream::kStdout ? waiting_out_ : waiting_err_;
  }

  Output& output_;
  std::string waiting_out_;
  std::string waiting_err_;
};

}  // namespace muster::clustershell
