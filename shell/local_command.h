// A command of this machine, for `sh -c`: in the terminal that we have, which is its own while it
// runs, and stopped with us. Main thread.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/unique_fd.h"
#include "shell/shell.h"

namespace muster::clustershell {

// Runs it to its end. Returns its exit code, 128 + n when signal n killed it.
int RunLocalCommand(Shell& shell, const std::string& command);

// A program that has the terminal for as long as it wants, Ctrl-C included: an interpreter. Returns
// as above.
int RunTerminalProgram(Shell& shell, const std::vector<std::string>& argv,
                       const std::vector<std::string>& extra_environment);

// A command that reads what we write into input(). When it goes, its input ends.
class LocalReader {
 public:
  // Unavailable: it cannot be started.
  static absl::StatusOr<std::unique_ptr<LocalReader>> Start(Shell& shell,
                                                            const std::string& command);
  ~LocalReader();
  LocalReader(const LocalReader&) = delete;
  LocalReader& operator=(const LocalReader&) = delete;

  int input() const { return input_.get(); }
  // Ends its input and waits for its end; the exit code as above.
  int Finish();

 private:
  explicit LocalReader(Shell& shell) : shell_(shell) {}

  Shell& shell_;
  ChildProcess child_;
  UniqueFd input_;
};

}  // namespace muster::clustershell
