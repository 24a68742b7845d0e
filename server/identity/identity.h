// Identity: who a caller is to this daemon, what it may do, and as whom its commands run. Plain
// data.
#pragma once

#include <sys/types.h>

#include <compare>
#include <optional>
#include <string>

#include "server/identity/python_environment.h"
#include "server/identity/role.h"

namespace muster::server {

struct Identity {
  uid_t uid = 0;     // of the peer, as the kernel tells it (SO_PEERCRED)
  std::string name;  // "alice", or the number
  Role role = Role::kObserve;
  std::string rule;             // what says so: "[user alice]", "the owner of clusterd"
  std::optional<uid_t> target;  // the user its commands run as; none: as the daemon's own
  // May gain rights by setuid programs (sudo), and sees what is hidden from others.
  bool may_gain_rights = false;
  std::string why_no_jobs;  // one line; empty: it may run what its role allows
  PythonEnvironment python;

  auto operator<=>(const Identity&) const = default;
};

}  // namespace muster::server
