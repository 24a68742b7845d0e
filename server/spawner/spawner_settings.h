// SpawnerSettings: what the spawner was told at its start, by whoever has the right to: its own
// command line. The daemon, which talks to the network, can only ask for what these allow.
// Immutable.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "server/spawner/job_rights.h"

namespace muster::server {

struct SpawnerSettings {
  bool switches_users = false;                // every job runs as the user that its request names
  bool allows_root = false;                   // also as root
  std::optional<uid_t> network;               // the user that clusterd is: no job\'s
  std::vector<uid_t> users;                   // that jobs may run as; empty: any but root
  std::vector<std::string> hidden;            // folders that confined jobs do not see
  std::vector<std::string> passed_variables;  // of clusterd's environment, beside the usual ones

  // argv[1] and so on.
  std::vector<std::string> ToArguments() const;
  static SpawnerSettings FromArguments(int argc, char** argv);

  // Why a job with these rights is not for this spawner, in one line; empty: it is.
  std::string WhyNot(const JobRights& rights) const;
};

}  // namespace muster::server
