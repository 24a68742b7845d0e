// SessionProcesses: what the cells of a session leave running beside its worker. It only counts:
// the processes stay, and those that have ended stay for the code that waits for them. The
// interpreter's thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <utility>

namespace muster::server {

class SessionProcesses {
 public:
  // How many are there that were not when this was asked before.
  std::uint32_t CountNew();

 private:
  bool MayHaveSome();

  bool had_some_ = false;  // and may have others, which nobody can see from here
  std::set<std::pair<pid_t, unsigned long long>> known_;  // with the time of their start
};

}  // namespace muster::server
