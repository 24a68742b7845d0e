// ClusterFixture: real daemons n1…nN on sockets in a folder of their own, and the public library's
// handle of them. For tests of what a user of the library is promised. One thread, but for what its
// methods say.
#pragma once

#include <ClusterAPI.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/daemon_fixture.h"

namespace muster::test {

class ClusterFixture {
 public:
  // `arguments` are added to each daemon's own.
  explicit ClusterFixture(int nodes, std::vector<std::string> arguments = {});
  ~ClusterFixture();  // ends the daemons, and says when something of theirs is still there

  // Thread-safe, as ClusterAPI is.
  ClusterAPI& cluster() { return *cluster_; }
  // Another handle with connections of its own.
  ClusterAPI Connect() const;
  pid_t pid(int node) const { return daemons_[Place(node)]->process().pid(); }
  // SIGKILL; returns when it is gone.
  void Kill(int node);
  // The same, and a new daemon on the same socket.
  void Restart(int node);
  const Folder& folder() const { return folder_; }
  const std::string& configuration() const { return configuration_; }
  // NAME=VALUE in the environment of every process of these daemons and of no other.
  const std::string& variable() const { return variable_; }
  // Ends the daemons; true when nothing of theirs is left soon afterwards, else prints what is.
  bool EndsCleanly();

 private:
  static std::size_t Place(int node) { return static_cast<std::size_t>(node - 1); }
  std::unique_ptr<DaemonFixture> Start(int node) const;

  Folder folder_;
  std::vector<std::string> arguments_;
  std::string variable_;
  std::string configuration_;
  std::vector<std::unique_ptr<DaemonFixture>> daemons_;
  std::unique_ptr<ClusterAPI> cluster_;
};

}  // namespace muster::test
