// Where groups of nodes come from besides the configuration: files in a folder, and programs.
// Nothing here is kept: each call looks again. Thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/trusted_file.h"

namespace muster {

// What a group stands for, and where that is written: "web.conf:3".
struct GroupDefinition {
  std::string target;
  std::string origin;
};
using GroupDefinitions = std::map<std::string, GroupDefinition>;

// Adds the groups of all files in the folder: lines "NAME: TARGET", blank ones, and those that
// begin with #. Files whose names begin with . or end with ~ do not count; a folder that is not
// there has no groups. InvalidArgument: "FILE:LINE: what is wrong", also for a name that stands in
// two places; otherwise as OpenTrustedFile.
absl::Status ReadGroupFolder(const std::string& folder, Trust trust, GroupDefinitions& groups);

// A program that knows groups: [group_source NAME] of the configuration.
struct GroupProgram {
  std::string name;
  // Words of a command, or one line for `sh` when it has a shell; $GROUP in it is the group.
  std::string map;   // prints the nodes of a group
  std::string list;  // prints the names of all; empty: it cannot
  bool has_shell = false;
  std::chrono::milliseconds timeout{10000};
  std::string folder;  // that a path which is not whole begins at
  Trust trust = Trust::kStrict;

  // What it prints for the group, as a target: words become a list. Blank: it knows no such group.
  // FailedPrecondition: it cannot be started, failed (with what it said), took too long or printed
  // too much; PermissionDenied: somebody else could have written the program.
  absl::StatusOr<std::string> Map(const std::string& group) const;
  // The names of its groups. FailedPrecondition, too: it has no `list`.
  absl::StatusOr<std::vector<std::string>> List() const;
};

}  // namespace muster
