// LoginRules: how nodes are logged in to, and which clusters they belong to besides that of the
// configuration. A list of rules in YAML, each with a selector (a target); the first one that means
// a node is the only one that counts for it. Reads files; does not know which nodes there are.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

namespace muster {

struct LoginRule {
  std::string selector;    // a target
  std::string login_user;  // of ssh; empty: as ssh chooses
  std::string keyfile;     // for ssh; absolute; empty: as ssh chooses
  std::string member_of;   // a cluster; empty: none
  std::string origin;      // "FILE:LINE"
};

// Where `assign` writes: login_rules.yaml in $XDG_CONFIG_HOME/muster, else ~/.config/muster; then
// dustcluster's own, ~/.dustcluster/login_rules.yaml. Those that can be told.
std::vector<std::string> LoginRulePaths();

// The rules of all the files that are there, in their order. InvalidArgument: "FILE:LINE: what is
// wrong"; PermissionDenied: somebody else could have written one.
absl::StatusOr<std::vector<LoginRule>> ReadLoginRules();

}  // namespace muster
