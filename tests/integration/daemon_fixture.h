// DaemonFixture: one clusterd with the arguments that a test gives it, and a folder for its socket
// and for files of the test. Knows nothing of the wire.
#pragma once

#include <string>
#include <vector>

#include "common/child_process.h"

namespace muster::test {

// A folder of its own under /tmp, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  const std::string& path() const { return path_; }
  // Writes a file and returns its path.
  std::string Write(const std::string& name, const std::string& text, int mode = 0644) const;

 private:
  std::string path_;
};

class DaemonFixture {
 public:
  // Returns when it listens. `socket` empty: wherever the daemon's default is.
  DaemonFixture(const std::string& socket, std::vector<std::string> arguments,
                std::vector<std::string> environment = {});
  ~DaemonFixture();  // SIGTERM, then SIGKILL
  ChildProcess& process() { return process_; }

 private:
  ChildProcess process_;
};

}  // namespace muster::test
