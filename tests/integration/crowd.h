// Crowd: many real daemons n1…nN at once, each as it starts without being asked for more, on
// sockets in a folder of their own. They end with the test, also when that is killed: each holds
// one end of a socket whose other end is ours. One thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/unique_fd.h"
#include "tests/integration/daemon_fixture.h"

namespace muster::test {

class Crowd {
 public:
  // As many as are asked for, but not more than this machine bears; says so when they are fewer.
  // MUSTER_TEST_NODES asks for another number than `usual`.
  static int SizeFor(int usual);

  explicit Crowd(int nodes);  // returns when all of them listen
  ~Crowd();                   // as End

  int size() const { return static_cast<int>(daemons_.size()); }
  pid_t pid(int node) const { return Of(node).pid(); }
  // Names of the file that names them all.
  const std::string& configuration() const { return configuration_; }
  // SIGKILL; returns when it is gone. Its socket stays.
  void Kill(int node);
  void Freeze(int node);
  void Thaw(int node);
  // Ends all of them, frozen or not. True when nothing of theirs is left soon afterwards, else
  // prints what is.
  bool End();

 private:
  const ChildProcess& Of(int node) const { return daemons_[static_cast<std::size_t>(node - 1)]; }

  Folder folder_;
  std::string variable_;  // NAME=VALUE, in the environment of all their processes
  std::string configuration_;
  UniqueFd lifeline_;
  std::vector<ChildProcess> daemons_;
  std::vector<bool> is_frozen_;
};

}  // namespace muster::test
