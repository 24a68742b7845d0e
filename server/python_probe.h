// PythonProbe: which Python the workers have. Where libpython is not where it was when they were
// built, one is started that only says so: on a host without it that cannot be loaded, and
// everything but Python works. Lives on one thread.
#pragma once

#include <string>

#include "common/child_process.h"
#include "common/unique_fd.h"

namespace muster::server {

class PythonProbe {
 public:
  // Starts `clusterd-worker --version`, if need be; returns at once. `library`: that of the Python
  // `built_with`.
  PythonProbe(const std::string& worker, const std::string& library, std::string built_with);
  ~PythonProbe();

  // "3.11.2"; "no" when it did not start. Waits for it, two seconds at most: of one that takes
  // longer, what the workers were built with.
  std::string Version();

 private:
  const std::string built_with_;
  const bool is_known_;
  ChildProcess child_;
  UniqueFd output_;
};

}  // namespace muster::server
