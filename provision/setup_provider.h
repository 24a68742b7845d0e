// SetupProvider: what configures the nodes of a cluster once they are alive. Idempotent: a second
// time changes nothing. Called by one thread at a time; none throws.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// How far it is with a node: "compute001: 20-mounts". Called from any thread.
using SetupProgress = std::function<void(const std::string& node, const std::string& step)>;

class SetupProvider {
 public:
  virtual ~SetupProvider() = default;
  virtual ProviderRecord record() const = 0;

  // Configures the nodes that live. An error names node, step, status and the last lines.
  // `interrupts` is as in Watch; at its first yes nothing more is begun, what runs is stopped,
  // where that can be, and the result is Cancelled, with what was not done.
  virtual absl::Status SetUp(const ClusterRecord& cluster,
                             const std::vector<std::string>& arguments,
                             const SetupProgress& progress,
                             const std::function<int()>& interrupts) = 0;
  // What it keeps on this machine of the cluster goes; the cluster is being stopped.
  virtual absl::Status CleanUp(const ClusterRecord& cluster) = 0;
  // After a pause.
  virtual absl::Status Resume(const ClusterRecord& cluster, const SetupProgress& progress) = 0;
};

}  // namespace muster::provision
