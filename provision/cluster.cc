#include "provision/cluster.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/status_macros.h"
#include "provision/cluster_directory.h"
#include "provision/cluster_turn.h"
#include "provision/node_names.h"
#include "provision/record_check.h"
#include "provision/state_folder.h"

namespace muster::provision {

std::int64_t SecondsNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// ---- Turn ----

Cluster::Turn::~Turn() {
  if (cluster_ == nullptr) return;
  std::shared_ptr<ClusterLock> gone;  // ends after the mutex
  const MutexLock lock(cluster_->mutex_);
  if (is_long_) cluster_->busy_.clear();
  if (--cluster_->lock_users_ == 0) gone = std::move(cluster_->lock_);
}

absl::StatusOr<Cluster::Turn> Cluster::Begin(const std::string& what) {
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    if (!what.empty() && !busy_.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("the cluster ", record_.name, " is being ",
                                                        busy_, "; wait until that has ended"));
    }
    if (lock_ == nullptr) {
      // The lock never waits, so it may be taken here.
      absl::StatusOr<std::unique_ptr<ClusterLock>> taken = repository_->Lock(record_.name);
      if (!taken.ok()) return taken.status();
      lock_ = *std::move(taken);
      is_first = true;
    }
    ++lock_users_;
    if (!what.empty()) busy_ = what;
  }
  Turn turn(this, !what.empty());
  if (is_first) RETURN_IF_ERROR(Reload());
  return turn;
}

// Another process may have changed it since we looked.
absl::Status Cluster::Reload() {
  std::string name;
  {
    const MutexLock lock(mutex_);
    if (!is_saved_) return absl::OkStatus();
    name = record_.name;
  }
  absl::StatusOr<ClusterRecord> kept = repository_->Get(name);
  if (!kept.ok()) return kept.status();
  const MutexLock lock(mutex_);
  record_ = *std::move(kept);
  return absl::OkStatus();
}

// ---- Cluster ----

Cluster::Cluster(ClusterRecord record, std::shared_ptr<CloudProvider> provider,
                 std::shared_ptr<SetupProvider> setup,
                 std::shared_ptr<ClusterRepository> repository, bool is_saved)
    : record_(std::move(record)),
      is_saved_(is_saved),
      provider_(std::move(provider)),
      setup_(std::move(setup)),
      repository_(std::move(repository)) {}

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Make(
    ClusterRecord record, std::shared_ptr<CloudProvider> provider,
    std::shared_ptr<SetupProvider> setup, std::shared_ptr<ClusterRepository> repository) {
  RETURN_IF_ERROR(CheckClusterName(record.name));
  std::vector<NodeRecord> nodes = std::move(record.nodes);
  record.nodes.clear();
  RETURN_IF_ERROR(CheckRecord(record));
  if (record.owner.empty()) record.owner = OwnerName();
  record.id = NewId();
  if (provider != nullptr) record.provider = provider->record();
  if (setup != nullptr) record.setup = setup->record();
  std::unique_ptr<Cluster> cluster(new Cluster(std::move(record), std::move(provider),
                                               std::move(setup), std::move(repository), false));
  for (NodeRecord& node : nodes) RETURN_IF_ERROR(cluster->AddNode(std::move(node)).status());
  return cluster;
}

std::unique_ptr<Cluster> Cluster::Of(ClusterRecord record, std::shared_ptr<CloudProvider> provider,
                                     std::shared_ptr<SetupProvider> setup,
                                     std::shared_ptr<ClusterRepository> repository) {
  return std::unique_ptr<Cluster>(new Cluster(std::move(record), std::move(provider),
                                              std::move(setup), std::move(repository), true));
}

ClusterRecord Cluster::record() const {
  const MutexLock lock(mutex_);
  return record_;
}

std::shared_ptr<CloudProvider> Cluster::provider() const {
  const MutexLock lock(mutex_);
  return provider_;
}

void Cluster::set_provider(std::shared_ptr<CloudProvider> provider) {
  const MutexLock lock(mutex_);
  provider_ = std::move(provider);
  if (provider_ != nullptr) record_.provider = provider_->record();
}

void Cluster::set_setup(std::shared_ptr<SetupProvider> setup) {
  const MutexLock lock(mutex_);
  setup_ = std::move(setup);
  if (setup_ != nullptr) record_.setup = setup_->record();
}

absl::StatusOr<std::shared_ptr<CloudProvider>> Cluster::NeedProvider() const {
  const MutexLock lock(mutex_);
  if (provider_ != nullptr) return provider_;
  return absl::FailedPreconditionError(
      absl::StrCat("the cluster ", record_.name, " has no provider here",
                   record_.provider.type.empty()
                       ? ""
                       : absl::StrCat(" (it was made by one of type ", record_.provider.type, ")"),
                   "; give it one"));
}

absl::StatusOr<NodeRecord> Cluster::AddNode(NodeRecord node) {
  RETURN_IF_ERROR(CheckKind(node.kind));
  bool is_saved = false;
  {
    const MutexLock lock(mutex_);
    is_saved = is_saved_;
  }
  std::optional<Turn> turn;
  if (is_saved) {
    ASSIGN_OR_RETURN(Turn begun, Begin(""));
    turn.emplace(std::move(begun));
  }
  ClusterRecord record;
  {
    const MutexLock lock(mutex_);
    if (node.name.empty()) node.name = NextName(record_.nodes, node.kind);
    RETURN_IF_ERROR(CheckNodeRecord(node));
    if (record_.Find(node.name) != nullptr) {
      return absl::AlreadyExistsError(
          absl::StrCat("the cluster ", record_.name, " has a node ", node.name, " already"));
    }
    node.changed = SecondsNow();
    record_.nodes.push_back(node);
    record = record_;
  }
  if (is_saved) RETURN_IF_ERROR(repository_->SaveNode(record, node));
  return node;
}

absl::Status Cluster::RemoveNode(const std::string& name, bool stops, const Watch& watch) {
  if (stops) {
    ASSIGN_OR_RETURN(const Turn turn, Begin("changed"));
    RETURN_IF_ERROR(StopBecause(LeaveReason::kRemove, {name}, false, watch).status);
  }
  ASSIGN_OR_RETURN(const Turn turn, Begin(""));
  RETURN_IF_ERROR(GetNode(name).status());
  bool is_saved = false;
  {
    const MutexLock lock(mutex_);
    auto& nodes = record_.nodes;
    nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                               [&](const NodeRecord& node) { return node.name == name; }),
                nodes.end());
    is_saved = is_saved_;
  }
  if (!is_saved) return absl::OkStatus();
  RETURN_IF_ERROR(repository_->Save(record()));
  PublishRecord();
  return absl::OkStatus();
}

absl::StatusOr<NodeRecord> Cluster::GetNode(const std::string& name) const {
  const MutexLock lock(mutex_);
  if (const NodeRecord* node = record_.Find(name)) return *node;
  std::vector<std::string> names;
  for (const NodeRecord& node : record_.nodes) names.push_back(node.name);
  return absl::NotFoundError(absl::StrCat(
      "the cluster ", record_.name, " has no node ", name, "; ",
      names.empty() ? "it has none" : absl::StrCat("it has: ", absl::StrJoin(names, ", "))));
}

absl::StatusOr<NodeRecord> Cluster::NodeToLogInTo(const std::string& name_or_kind) const {
  if (!name_or_kind.empty()) {
    absl::StatusOr<NodeRecord> node = GetNode(name_or_kind);
    if (node.ok()) return node;
    for (const NodeRecord& other : record().nodes) {
      if (other.kind == name_or_kind) return other;
    }
    return node;
  }
  const std::vector<NodeRecord> nodes = record().nodes;
  for (const char* kind : {"ssh", "login", "frontend", "master"}) {
    for (const NodeRecord& node : nodes) {
      if (node.kind == kind) return node;
    }
  }
  if (nodes.empty()) {
    return absl::NotFoundError(absl::StrCat("the cluster ", record().name, " has no node"));
  }
  return *std::min_element(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
  });
}

absl::Status Cluster::Save() {
  ASSIGN_OR_RETURN(const Turn turn, Begin(""));
  RETURN_IF_ERROR(repository_->Save(record()));
  const MutexLock lock(mutex_);
  is_saved_ = true;
  return absl::OkStatus();
}

std::vector<NodeRecord> Cluster::Chosen(const std::vector<std::string>& only) const {
  std::vector<NodeRecord> chosen;
  for (NodeRecord& node : record().nodes) {
    if (only.empty() || std::find(only.begin(), only.end(), node.name) != only.end()) {
      chosen.push_back(std::move(node));
    }
  }
  return chosen;
}

absl::Status Cluster::Change(const std::string& name,
                             const std::function<void(NodeRecord&)>& change) {
  ClusterRecord record;
  NodeRecord node;
  {
    const MutexLock lock(mutex_);
    NodeRecord* found = record_.Find(name);
    if (found == nullptr) {
      return absl::NotFoundError(absl::StrCat("the node ", name, " was removed meanwhile"));
    }
    const NodeRecord before = *found;
    change(*found);
    found->changed = SecondsNow();
    node = *found;
    record = record_;
    is_saved_ = true;
  }
  absl::Status saved = repository_->SaveNode(record, node);
  if (saved.ok()) return saved;
  return absl::Status(saved.code(),
                      absl::StrCat("the state of node ", name, " cannot be kept in ",
                                   repository_->description(), ": ", saved.message()));
}

// What others see of it is no part of its life: a failure changes nothing here.
void Cluster::PublishRecord() { Publish(record()).IgnoreError(); }

}  // namespace muster::provision
