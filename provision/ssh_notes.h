// SshNotes: on which hosts something of ours may be, kept on this machine from before a host is
// first asked until all is gone from it: so that a host that is down is known to hold something, or
// is known not to. One small file for each instance. Thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

namespace muster::provision {

class SshNotes {
 public:
  struct Note {
    std::string host;   // as SshHost::name has it
    std::string label;  // OWNER/CLUSTER/NODE/RANDOM
  };

  // Returns when it would survive the end of this process.
  absl::Status Write(const Note& note) const;
  // Of one that there is not: nothing happens.
  void Remove(const std::string& label) const;
  // Of this owner and cluster (empty: of any).
  absl::StatusOr<std::vector<Note>> All(const std::string& owner, const std::string& cluster) const;
};

// The part of a label that no other has.
std::string RandomOf(const std::string& label);

}  // namespace muster::provision
