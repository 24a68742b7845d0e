// ClusterAPI: the facade. Turns targets into nodes, and the library's own errors into public ones.
#include <absl/strings/str_cat.h>

#include <utility>

#include "client/ClusterAPI.h"
#include "client/call_input.h"
#include "client/cluster.h"
#include "client/cluster_check.h"
#include "client/ended_call.h"
#include "client/forks.h"
#include "client/kept_facts.h"
#include "client/local_cluster.h"
#include "client/public_status.h"
#include "client/tag_file.h"
#include "common/marked_text.h"
#include "common/node_set.h"

namespace muster {

ClusterAPI::ClusterAPI(std::shared_ptr<Cluster> cluster) : cluster_(std::move(cluster)) {}
ClusterAPI::ClusterAPI(ClusterAPI&&) noexcept = default;
ClusterAPI& ClusterAPI::operator=(ClusterAPI&&) noexcept = default;
ClusterAPI::~ClusterAPI() = default;

Result<ClusterAPI> ClusterAPI::connect(const std::string& cluster,
                                       const std::string& configuration) {
  if (!IsFirstToUse()) return Status(StatusCode::kFailedPrecondition, Cluster::kForked);
  absl::StatusOr<ClusterConfiguration> read = ReadConfiguration(cluster, configuration);
  if (read.ok()) read = WithKeptFacts(*std::move(read));
  if (!read.ok()) return ToPublic(read.status());
  return ClusterAPI(std::make_shared<Cluster>(*read));
}

Result<ClusterAPI> ClusterAPI::none(const std::string& configuration) {
  if (!IsFirstToUse()) return Status(StatusCode::kFailedPrecondition, Cluster::kForked);
  const absl::StatusOr<ClusterConfiguration> read = NoCluster(configuration);
  if (!read.ok()) return ToPublic(read.status());
  return ClusterAPI(std::make_shared<Cluster>(*read));
}

Result<ClusterAPI> ClusterAPI::local(int nodes, int workers) {
  if (!IsFirstToUse()) return Status(StatusCode::kFailedPrecondition, Cluster::kForked);
  absl::StatusOr<std::unique_ptr<LocalCluster>> local = LocalCluster::Start(nodes, workers);
  if (!local.ok()) return ToPublic(local.status());
  ClusterConfiguration written{"local", (*local)->nodes(), NodeGroups()};
  written.tag_path = (*local)->tag_path();
  written.tag_scope = "local";
  const absl::StatusOr<ClusterConfiguration> read = WithKeptFacts(std::move(written));
  if (!read.ok()) return ToPublic(read.status());
  return ClusterAPI(std::make_shared<Cluster>(*read, *std::move(local)));
}

Result<ClusterAPI> ClusterAPI::of(const std::vector<NodeAddress>& nodes, const std::string& name) {
  if (!IsFirstToUse()) return Status(StatusCode::kFailedPrecondition, Cluster::kForked);
  const absl::StatusOr<ClusterConfiguration> made = ConfigurationOf(name, nodes);
  if (!made.ok()) return ToPublic(made.status());
  return ClusterAPI(std::make_shared<Cluster>(*made));
}

ClusterAPI ClusterAPI::handle() const { return ClusterAPI(cluster_); }

Result<ClusterAPI> ClusterAPI::refreshed() const {
  if (cluster_->IsForked()) return Status(StatusCode::kFailedPrecondition, Cluster::kForked);
  if (!HasChanged(cluster_->configuration())) return ClusterAPI(cluster_);
  return sibling(cluster_->configuration().name);
}

Result<ClusterAPI> ClusterAPI::sibling(const std::string& cluster) const {
  if (cluster_->IsForked()) return Status(StatusCode::kFailedPrecondition, Cluster::kForked);
  const absl::StatusOr<ClusterConfiguration> read = ReadAgain(cluster_->configuration(), cluster);
  if (!read.ok()) return ToPublic(read.status());
  return ClusterAPI(std::make_shared<Cluster>(*read, *cluster_));
}

const std::vector<std::string>& ClusterAPI::clusters() const {
  return cluster_->configuration().cluster_names;
}

Result<ClusterAPI> ClusterAPI::tagged(const std::vector<Node>& nodes,
                                      const std::vector<std::string>& removed,
                                      const std::vector<std::string>& tags) const {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  std::vector<std::string> keys = removed;
  for (const Node& node : nodes) names.push_back(node.name);
  for (const std::string& tag : tags) {
    const absl::Status valid = CheckTag(tag);
    if (!valid.ok()) return ToPublic(valid);
    keys.emplace_back(KeyOfTag(tag));
  }
  const ClusterConfiguration& configuration = cluster_->configuration();
  const TagFile file(configuration.tag_path, configuration.tag_scope);
  const absl::Status changed = file.Change(names, keys, tags);
  if (!changed.ok()) return ToPublic(changed);
  return refreshed();
}

ClusterCheck ClusterAPI::clustercheck(std::chrono::milliseconds timeout, bool with_usage) const {
  return clustercheck(cluster_->nodes(), timeout, with_usage);
}

ClusterCheck ClusterAPI::clustercheck(const std::vector<Node>& nodes,
                                      std::chrono::milliseconds timeout, bool with_usage) const {
  std::vector<Node> asked;
  std::vector<std::shared_ptr<NodeLink>> links;
  for (const Node& node : nodes) {
    const auto place = static_cast<std::size_t>(node.index) - 1;
    if (place >= cluster_->nodes().size()) continue;  // of another cluster
    asked.push_back(cluster_->nodes()[place]);
    links.push_back(cluster_->links()[place]);
  }
  if (!cluster_->IsForked()) return CheckNodes(asked, links, timeout, with_usage);
  ClusterCheck check;
  for (const Node& node : asked) {
    check.nodes.emplace_back();
    check.nodes.back().node = node;
    check.nodes.back().reason = Cluster::kForked;
  }
  return check;
}

int ClusterAPI::getClusterLength() const { return static_cast<int>(cluster_->nodes().size()); }

const std::vector<Node>& ClusterAPI::nodes() const { return cluster_->nodes(); }

Result<std::vector<Node>> ClusterAPI::nodes(const Target& target) const {
  const absl::StatusOr<ClusterNodes::Places> places = cluster_->Find(target);
  if (!places.ok()) return ToPublic(places.status());
  std::vector<Node> nodes;
  for (const std::size_t place : *places) nodes.push_back(cluster_->nodes()[place]);
  return nodes;
}

Result<std::vector<NodeGroup>> ClusterAPI::groups() const {
  absl::StatusOr<std::vector<NodeGroup>> groups = cluster_->Groups();
  if (!groups.ok()) return ToPublic(groups.status());
  return *std::move(groups);
}

Call ClusterAPI::execute(const Target& target, const Command& command,
                         const ExecuteOptions& options) {
  const absl::StatusOr<std::size_t> place = cluster_->FindOne(target);
  if (!place.ok()) return RefusedCall("", FirstLine(place.status().message()));
  return cluster_->Send(*place, command, options, {});
}

std::vector<Call> ClusterAPI::execute(const std::vector<Target>& targets, const Command& command,
                                      const ExecuteOptions& options) {
  return cluster_->SendAll(targets, [&](std::size_t index, const wire::Place& place) {
    return cluster_->Send(index, command, options, place);
  });
}

std::vector<Call> ClusterAPI::execute_all(const Target& target, const Command& command,
                                          const ExecuteOptions& options) {
  return execute(std::vector<Target>{target}, command, options);
}

Map ClusterAPI::map(const Command& command, const std::vector<Item>& items,
                    const MapOptions& options) {
  const auto all = std::make_shared<const std::vector<Item>>(items);
  const ItemSource source = [all, next = std::size_t{0}]() mutable -> std::optional<Item> {
    if (next == all->size()) return std::nullopt;
    return (*all)[next++];
  };
  return cluster_->MakeMap(cluster_, command, source, items.size(), options);
}

Map ClusterAPI::map(const Command& command, ItemSource items, const MapOptions& options) {
  return cluster_->MakeMap(cluster_, command, std::move(items), std::nullopt, options);
}

Call ClusterAPI::interact(const Target& target, const Command& command,
                          const ExecuteOptions& options, const std::optional<Terminal>& terminal) {
  const absl::StatusOr<std::size_t> place = cluster_->FindOne(target);
  if (!place.ok()) return RefusedCall("", FirstLine(place.status().message()));
  return cluster_->SendInteractive(*place, command, options, terminal, {});
}

std::vector<Call> ClusterAPI::interact(const std::vector<Target>& targets, const Command& command,
                                       const ExecuteOptions& options,
                                       const std::optional<Terminal>& terminal) {
  return cluster_->SendAll(targets, [&](std::size_t index, const wire::Place& place) {
    return cluster_->SendInteractive(index, command, options, terminal, place);
  });
}

Transfer ClusterAPI::put(const Target& target, const std::vector<std::string>& local,
                         const std::string& remote, const TransferOptions& options) {
  return cluster_->Put(cluster_->SpotOf(target), local, remote, options).front();
}

std::vector<Transfer> ClusterAPI::put(const std::vector<Target>& targets,
                                      const std::vector<std::string>& local,
                                      const std::string& remote, const TransferOptions& options) {
  return cluster_->Put(cluster_->Spread(targets), local, remote, options);
}

Transfer ClusterAPI::get(const Target& target, const std::vector<std::string>& remote,
                         const std::string& local, const TransferOptions& options) {
  return cluster_->Get(cluster_->SpotOf(target), remote, local, options).front();
}

std::vector<Transfer> ClusterAPI::get(const std::vector<Target>& targets,
                                      const std::vector<std::string>& remote,
                                      const std::string& local, const TransferOptions& options) {
  return cluster_->Get(cluster_->Spread(targets), remote, local, options);
}

Status ClusterAPI::cancel(const Target& target, const std::string& id,
                          std::optional<std::chrono::milliseconds> grace) {
  return cluster_->Cancel(target, id, grace);
}

std::vector<NodeSessions> ClusterAPI::open_session(const std::vector<Target>& targets,
                                                   const std::string& name, SessionKind kind) {
  v1::OpenSessionRequest request;
  if (kind == SessionKind::kPython) request.set_kind(v1::SESSION_KIND_PYTHON);
  return cluster_->AskAbout(targets, name, std::move(request));
}

std::vector<NodeSessions> ClusterAPI::list_sessions(const std::vector<Target>& targets,
                                                    std::chrono::milliseconds timeout) const {
  return cluster_->AskSessions(targets, v1::ListSessionsRequest(), timeout);
}

std::vector<NodeSessions> ClusterAPI::close_session(const std::vector<Target>& targets,
                                                    const std::string& name) {
  return cluster_->AskAbout(targets, name, v1::CloseSessionRequest());
}

std::string fold(const std::vector<std::string>& names) { return Fold(names); }

}  // namespace muster
