// PythonProbe: which Python the workers have, found out by starting one that only says so: on a
// host without libpython it cannot be loaded, and everything but Python works. Lives on one thread.
#pragma once

#include <string>

#include "common/child_process.h"
#include "common/unique_fd.h"

namespace muster::server {

class PythonProbe {
 public:
  // Starts `clusterd-worker --version`; returns at once.
  explicit PythonProbe(const std::string& worker);
  ~PythonProbe();

  // "3.11.2"; "no" when it did not start. Waits for it, two seconds at most: of one that takes
  // longer, what this program was built with.
  std::string Version(const std::string& built_with);

 private:
  ChildProcess child_;
  UniqueFd output_;
};

}  // namespace muster::server
