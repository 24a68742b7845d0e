// SshdFixture: the system's sshd on a loopback address of its own, with throw-away keys, and a
// configuration for the ssh that is to reach it. Ends with the fixture.
#pragma once

#include <string>

#include "common/child_process.h"
#include "tests/integration/daemon_fixture.h"

namespace muster::test {

class SshdFixture {
 public:
  // Whether this machine has what it takes.
  static bool IsPossible();

  // `environment`: "NAME=VALUE NAME=VALUE", for the sessions.
  SshdFixture(const Folder& folder, const std::string& environment);
  ~SshdFixture();

  int port() const { return port_; }
  // What MUSTER_SSH has to be.
  const std::string& ssh() const { return ssh_; }
  // Makes ssh expect another host key.
  void ForgeKnownHost() const;
  // Makes ssh offer a key that nobody accepts.
  void UseForeignKey() const;
  void Stop();

 private:
  void WriteClientConfiguration(const std::string& key, const std::string& host_key) const;

  const Folder& folder_;
  int port_ = 0;
  std::string ssh_;
  ChildProcess sshd_;
};

}  // namespace muster::test
