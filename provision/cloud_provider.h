// CloudProvider: where instances come from. The one interface between a cluster's life and the
// world; a class of Python's that follows the contract of elasticluster's AbstractCloudProvider is
// wrapped into one. All methods may be called by several threads at the same time, and may block;
// none throws.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

// What an instance is wanted for.
struct StartOrder {
  const ClusterRecord* cluster = nullptr;  // names, keys; valid during the call
  NodeRecord node;                         // with its label
};

// An instance that carries a label of ours.
struct LabelledInstance {
  std::string label;  // OWNER/CLUSTER/NODE/RANDOM
  Instance instance;
};

class CloudProvider {
 public:
  virtual ~CloudProvider() = default;

  // How it is made again (ProviderRecord).
  virtual ProviderRecord record() const = 0;

  // Orders an instance and returns when it exists and carries its label; it need not be alive yet.
  // An error: why there is none, in one line. What was begun is undone or carries the label.
  virtual absl::StatusOr<Instance> Start(const StartOrder& order) = 0;
  // Returns when the instance, and all that it was made of, is gone. NotFound: it was gone before.
  virtual absl::Status Stop(const Instance& instance) = 0;
  // Whether the provider has it running; false: not yet. Aborted: it has ended, and why; NotFound:
  // the provider does not know it; neither will ever run. Any other error: it cannot be told now.
  virtual absl::StatusOr<bool> IsRunning(const Instance& instance) = 0;
  // Its addresses by now (Instance::addresses); empty: there are none yet.
  virtual absl::StatusOr<std::vector<std::string>> Addresses(const Instance& instance) = 0;
  // Suspends it; returns what Resume needs. Unimplemented: this provider cannot, and why.
  virtual absl::StatusOr<std::string> Pause(const Instance& instance) = 0;
  virtual absl::StatusOr<Instance> Resume(const NodeRecord& node) = 0;
  // All instances of this owner that carry a label of the cluster (empty: of any), whatever state
  // they are in, half-made ones included. Unimplemented: this provider cannot tell.
  virtual absl::StatusOr<std::vector<LabelledInstance>> Find(const std::string& owner,
                                                             const std::string& cluster) = 0;
  // The cluster has no instance any more, and is deleted: what is kept for it here may go.
  virtual void Forget(const std::string& /*cluster*/) {}
};

// 8 hexadecimal digits by chance.
std::string NewId();
// A label that was never used before.
std::string NewLabel(const ClusterRecord& cluster, const std::string& node);
// Whether it is one of this cluster's, and not of another one of the same name.
bool IsLabelOf(const ClusterRecord& cluster, const std::string& label);
struct LabelParts {
  std::string owner;
  std::string cluster;
  std::string node;
};
// InvalidArgument: it is no label.
absl::StatusOr<LabelParts> SplitLabel(const std::string& label);

}  // namespace muster::provision
