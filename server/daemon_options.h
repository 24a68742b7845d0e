// DaemonOptions: what clusterd was told, by flags over the configuration's [daemon] over the
// defaults.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

#include "server/daemon_bounds.h"
#include "server/identity/access_rules.h"

namespace muster::server {

// sysexits.h: the configuration, or an address in it, cannot be used.
inline constexpr int kExitConfiguration = 78;
inline constexpr int kExitUsage = 2;

struct DaemonOptions {
  std::string name;
  bool name_is_explicit = false;
  std::string socket_path;
  bool socket_is_default = false;
  DaemonBounds bounds;
  bool control_groups = true;  // use them where the kernel and our rights allow it
  AccessRules rules;
  std::string audit_path;                     // empty: nothing is recorded
  std::vector<std::string> hidden;            // folders that jobs do not see
  std::vector<std::string> passed_variables;  // of our environment, to jobs
  std::string log_level = "info";
  int parent_fd = -1;  // an embedded daemon ends at its end of file
  // Whom it would serve and how, line by line, for a person.
  std::vector<std::string> Describe() const;

  std::optional<std::string>
      relay;  // --relay [PATH]: copy standard streams to the socket, nothing else
};

// Either the options, or the exit code to end with: everything there is to say has been printed.
struct ParsedOptions {
  std::optional<DaemonOptions> options;
  int exit_code = 0;
};
ParsedOptions ParseDaemonOptions(int argc, char** argv);

}  // namespace muster::server
