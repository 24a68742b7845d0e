// The steps of one node. Each is saved before the provider is called and after it.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "common/status_macros.h"
#include "provision/cluster.h"
#include "provision/cluster_turn.h"
#include "provision/node_health.h"

namespace muster::provision {
namespace {

void ForgetInstance(NodeRecord& node) {
  // The addresses stay: where a node that is stopped was.
  node.instance.id.clear();
  node.instance.facts.clear();
  node.label.clear();
  node.paused.clear();
}

}  // namespace

absl::Status Cluster::Launch(CloudProvider& provider, const std::string& name) {
  std::string label;
  {
    const MutexLock lock(mutex_);
    label = NewLabel(record_, name);
  }
  RETURN_IF_ERROR(Change(name, [&](NodeRecord& node) {
    ForgetInstance(node);
    node.label = label;
    node.state = NodeState::kStarting;
    node.last_error.clear();
  }));
  const ClusterRecord cluster = record();
  absl::StatusOr<Instance> instance = provider.Start({&cluster, *cluster.Find(name)});
  absl::Status saved = Change(name, [&](NodeRecord& node) {
    if (instance.ok()) {
      node.instance = *instance;
      return;
    }
    // The label stays: what was begun carries it, and stopping the node looks for it.
    node.state = NodeState::kFailed;
    node.last_error = Short(instance.status().message());
  });
  if (!instance.ok()) return instance.status();
  return saved;
}

absl::Status Cluster::EndInstance(CloudProvider& provider, const std::string& name) {
  ASSIGN_OR_RETURN(NodeRecord before, GetNode(name));
  if (before.instance.id.empty() && !before.label.empty()) {
    // Its start was cut off, or failed half way.
    const absl::StatusOr<std::vector<LabelledInstance>> found =
        provider.Find(record().owner, record().name);
    if (found.ok()) {
      for (const LabelledInstance& one : *found) {
        if (one.label == before.label) before.instance = one.instance;
      }
    } else if (!absl::IsUnimplemented(found.status())) {
      return found.status();
    }
  }
  RETURN_IF_ERROR(Change(name, [&](NodeRecord& node) {
    node.state = NodeState::kStopping;
    node.instance = before.instance;
  }));
  absl::Status stopped;
  if (!before.instance.id.empty()) stopped = provider.Stop(before.instance);
  const bool is_gone = stopped.ok() || absl::IsNotFound(stopped);
  const absl::Status saved = Change(name, [&](NodeRecord& node) {
    node.last_error = is_gone ? "" : Short(stopped.message());
    if (!is_gone) return;
    node.state = NodeState::kDefined;
    ForgetInstance(node);
  });
  return is_gone ? saved : stopped;
}

absl::Status Cluster::PauseOne(CloudProvider& provider, const std::string& name) {
  ASSIGN_OR_RETURN(const NodeRecord before, GetNode(name));
  RETURN_IF_ERROR(Change(name, [](NodeRecord& node) { node.state = NodeState::kPausing; }));
  const absl::StatusOr<std::string> paused = provider.Pause(before.instance);
  const absl::Status saved = Change(name, [&](NodeRecord& node) {
    node.state = paused.ok() ? NodeState::kPaused : before.state;
    node.last_error = paused.ok() ? "" : Short(paused.status().message());
    if (paused.ok()) node.paused = *paused;
  });
  return paused.ok() ? saved : paused.status();
}

absl::Status Cluster::ResumeOne(CloudProvider& provider, const std::string& name) {
  ASSIGN_OR_RETURN(const NodeRecord before, GetNode(name));
  RETURN_IF_ERROR(Change(name, [](NodeRecord& node) { node.state = NodeState::kResuming; }));
  const absl::StatusOr<Instance> resumed = provider.Resume(before);
  const absl::Status saved = Change(name, [&](NodeRecord& node) {
    node.state = resumed.ok() ? NodeState::kStarting : NodeState::kPaused;
    node.last_error = resumed.ok() ? "" : Short(resumed.status().message());
    if (resumed.ok()) {
      node.instance = *resumed;
      node.paused.clear();
    }
  });
  return resumed.ok() ? saved : resumed.status();
}

absl::Status Cluster::LookAt(CloudProvider& provider, const std::string& name) {
  ASSIGN_OR_RETURN(const NodeRecord before, GetNode(name));
  if (before.instance.id.empty()) return absl::AbortedError("it has no instance");
  const absl::StatusOr<bool> runs = provider.IsRunning(before.instance);
  if (absl::IsNotFound(runs.status())) return absl::AbortedError(runs.status().message());
  if (!runs.ok()) return runs.status();
  if (!*runs) return absl::UnavailableError("the provider has it not running yet");
  absl::StatusOr<std::vector<std::string>> addresses = provider.Addresses(before.instance);
  if (!addresses.ok()) return absl::UnavailableError(addresses.status().message());
  if (*addresses == before.instance.addresses) return absl::OkStatus();
  return Change(name, [&](NodeRecord& node) { node.instance.addresses = *std::move(addresses); });
}

absl::Status Cluster::StartNode(const std::string& name) {
  ASSIGN_OR_RETURN(const Turn turn, Begin(""));
  ASSIGN_OR_RETURN(const std::shared_ptr<CloudProvider> provider, NeedProvider());
  ASSIGN_OR_RETURN(const NodeRecord node, GetNode(name));
  if (!node.label.empty() || !node.instance.id.empty()) {
    const absl::Status looked = LookAt(*provider, name);
    if (!absl::IsAborted(looked)) return absl::OkStatus();  // it runs, or is on its way
    RETURN_IF_ERROR(EndInstance(*provider, name));
  }
  return Launch(*provider, name);
}

bool Cluster::IsAlive(const std::string& name) {
  const absl::StatusOr<std::shared_ptr<CloudProvider>> provider = NeedProvider();
  const absl::StatusOr<NodeRecord> before = GetNode(name);
  if (!provider.ok() || !before.ok() || before->instance.id.empty()) return false;
  if (IsPaused(before->state)) return false;
  absl::Status looked = LookAt(**provider, name);
  if (looked.ok()) {
    const absl::StatusOr<NodeRecord> node = GetNode(name);
    if (node.ok()) looked = CheckHealth({*node}).front();
  }
  const NodeState state = looked.ok()               ? NodeState::kRunning
                          : absl::IsAborted(looked) ? NodeState::kFailed
                                                    : before->state;
  const std::string error = looked.ok() ? "" : Short(looked.message());
  if (state == before->state && error == before->last_error) return looked.ok();
  Change(name, [&](NodeRecord& node) {
    node.state = state;
    node.last_error = error;
  }).IgnoreError();  // the next change says so
  if (state != before->state) PublishRecord();
  return looked.ok();
}

}  // namespace muster::provision
