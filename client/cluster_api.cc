// ClusterAPI: the facade. Turns targets into nodes, and the library's own errors into public ones.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "client/ClusterAPI.h"
#include "client/call_state.h"
#include "client/cancel_order.h"
#include "client/cluster_check.h"
#include "client/cluster_configuration.h"
#include "client/cluster_nodes.h"
#include "client/command_check.h"
#include "client/execution.h"
#include "client/execution_id.h"
#include "client/fast_call.h"
#include "client/fast_lane.h"
#include "client/forks.h"
#include "client/local_cluster.h"
#include "client/map_state.h"
#include "client/node_link.h"
#include "client/wire.h"
#include "common/marked_text.h"
#include "common/node_set.h"

namespace muster {
namespace {

Status ToPublic(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return {};
    case absl::StatusCode::kInvalidArgument:
      return {StatusCode::kInvalidArgument, message};
    case absl::StatusCode::kNotFound:
      return {StatusCode::kNotFound, message};
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
      return {StatusCode::kFailedPrecondition, message};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return {StatusCode::kUnavailable, message};
    default:
      return {StatusCode::kInternal, message};
  }
}

// How long cancel() may block its caller.
constexpr std::chrono::seconds kCancelTimeout(5);
// How long a target may wait for what nodes say of themselves.
constexpr std::chrono::seconds kAskTimeout(5);

constexpr char kForked[] =
    "this process is a fork of the one that made the cluster, and connections do not survive a "
    "fork(); start programs with exec (in Python: multiprocessing's \"spawn\"), or make the "
    "cluster "
    "after the fork";

// A call that has ended already.
Call Ended(Outcome::Kind kind, const std::string& node, std::string why_not) {
  const auto state = std::make_shared<Call::State>(node);
  Outcome outcome;
  outcome.kind = kind;
  outcome.node = node;
  outcome.reason = std::move(why_not);
  state->Finish(std::move(outcome));
  return Call(state);
}

Call Refused(const std::string& node, std::string why_not) {
  return Ended(Outcome::Kind::kRefused, node, std::move(why_not));
}

}  // namespace

// The nodes, and the way to each. Immutable, so thread-safe. Calls do not hold it: it ends with the
// last handle, on a thread of the user's, and with it an embedded cluster.
class ClusterAPI::Cluster {
 public:
  explicit Cluster(const ClusterConfiguration& configuration,
                   std::unique_ptr<LocalCluster> local = nullptr)
      : forks_(Forks()), nodes_(configuration), local_(std::move(local)) {
    for (const ConfiguredNode& node : configuration.nodes) {
      wire_names_.push_back(node.is_named ? node.name : "");
      links_->push_back(std::make_shared<NodeLink>(node.name, node.address, node.trust));
      lanes_->push_back(std::make_shared<FastLane>(links_->back(), wire_names_.back()));
    }
  }

  ~Cluster() {
    // A fork must not end connections that it shares with its parent: they are left alone.
    if (IsForked()) {
      static_cast<void>(lanes_.release());
      static_cast<void>(links_.release());
      return;
    }
    for (const std::shared_ptr<FastLane>& lane : *lanes_) lane->Close();
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // gRPC does not survive fork(): nothing that needs a connection works here any more.
  bool IsForked() const { return Forks() != forks_; }

  const std::vector<Node>& nodes() const { return nodes_.nodes(); }
  const std::vector<std::shared_ptr<NodeLink>>& links() const { return *links_; }

  absl::StatusOr<ClusterNodes::Places> Find(const Target& target) const {
    return nodes_.Find(target, [this](const auto& places) { return Ask(places); });
  }
  absl::StatusOr<std::size_t> FindOne(const Target& target) const {
    return nodes_.FindOne(target, [this](const auto& places) { return Ask(places); });
  }
  absl::StatusOr<std::vector<NodeGroup>> Groups() const { return nodes_.Groups(); }

  // The call, already refused when it cannot be sent. `input`: what it takes; null: nothing.
  Call Send(std::size_t index, const Command& command, const ExecuteOptions& options,
            const wire::Place& place, std::shared_ptr<CallInput> input = nullptr,
            const std::optional<Terminal>& terminal = {}) const {
    const std::string& node = nodes()[index].name;
    std::string why_not = IsForked() ? kForked : WhyNotSend(command, options);
    if (why_not.empty() && terminal) why_not = WhyNotOpen(*terminal);
    if (!why_not.empty()) {
      return Refused(node, absl::StrCat(why_not, "; nothing was sent to ", node));
    }
    const auto state = std::make_shared<Call::State>(node, std::move(input));
    const std::shared_ptr<FastLane>& lane = (*lanes_)[index];
    if (!state->input() && FastCall::Fits(command, options) && lane->IsSupported()) {
      const auto call = std::make_shared<FastCall>(
          state, lane,
          LaneRequest{command.source, command.form, options.deadline, options.grace, place});
      state->SetControl(call);
      call->Begin();
      return Call(state);
    }
    const auto execution = std::make_shared<Execution>(
        state, (*links_)[index], wire::ToRequest(command, options, wire_names_[index], place));
    state->SetControl(execution);
    execution->Begin();
    return Call(state);
  }

  // `self`: this, which the map keeps.
  static Map MakeMap(const std::shared_ptr<Cluster>& self, const Command& command,
                     ItemSource source, std::optional<std::size_t> total,
                     const MapOptions& options) {
    const auto refused = [&](const absl::Status& why_not) {
      return Map(std::make_unique<Map::State>(FirstLine(why_not.message()), std::move(source),
                                              total, options));
    };
    absl::StatusOr<MapTemplate> parsed = MapTemplate::Parse(command);
    if (!parsed.ok()) return refused(parsed.status());
    ClusterNodes::Places places(self->nodes().size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    if (options.targets) {
      absl::StatusOr<ClusterNodes::Places> found = self->Find(*options.targets);
      if (!found.ok()) return refused(found.status());
      places = *std::move(found);
    }
    const std::size_t count = places.size();
    return Map(std::make_unique<Map::State>(*std::move(parsed), std::move(source), total, options,
                                            count,
                                            [self, places = std::move(places), each = options.each](
                                                std::size_t place, const Command& filled) {
                                              return self->Send(places[place], filled, each, {});
                                            }));
  }

  Status Cancel(const Target& target, const std::string& id,
                std::optional<std::chrono::milliseconds> grace) const {
    const absl::StatusOr<std::size_t> place = FindOne(target);
    if (!place.ok()) return ToPublic(place.status());
    if (IsForked()) return {StatusCode::kFailedPrecondition, kForked};
    const absl::StatusOr<v1::ExecutionId> parsed = ParseExecutionId(id);
    if (!parsed.ok()) return ToPublic(parsed.status());
    if (grace && grace->count() < 0) {
      return {StatusCode::kInvalidArgument,
              absl::StrCat("the grace is ", grace->count(), " ms; it has to be 0 ms or more")};
    }
    const auto order = std::make_shared<CancelOrder>((*links_)[*place], *parsed, grace);
    return ToPublic(order->Give(kCancelTimeout));
  }

 private:
  // What the nodes say of themselves, for a target that asks.
  absl::StatusOr<std::vector<NodeCheck>> Ask(const ClusterNodes::Places& places) const {
    if (IsForked()) return absl::FailedPreconditionError(kForked);
    std::vector<Node> asked;
    std::vector<std::shared_ptr<NodeLink>> links;
    for (const std::size_t place : places) {
      asked.push_back(nodes()[place]);
      links.push_back((*links_)[place]);
    }
    return CheckNodes(asked, links, kAskTimeout, false).nodes;
  }

  const int forks_;  // of the process that it belongs to
  const ClusterNodes nodes_;
  std::vector<std::string> wire_names_;  // as the daemons know the nodes; empty: whichever answers
  std::unique_ptr<std::vector<std::shared_ptr<NodeLink>>> links_ =
      std::make_unique<std::vector<std::shared_ptr<NodeLink>>>();
  std::unique_ptr<std::vector<std::shared_ptr<FastLane>>> lanes_ =  // one of each link
      std::make_unique<std::vector<std::shared_ptr<FastLane>>>();
  std::unique_ptr<LocalCluster> local_;  // null: not embedded
};

ClusterAPI::ClusterAPI(std::shared_ptr<Cluster> cluster) : cluster_(std::move(cluster)) {}
ClusterAPI::ClusterAPI(ClusterAPI&&) noexcept = default;
ClusterAPI& ClusterAPI::operator=(ClusterAPI&&) noexcept = default;
ClusterAPI::~ClusterAPI() = default;

Result<ClusterAPI> ClusterAPI::connect(const std::string& cluster,
                                       const std::string& configuration) {
  const absl::StatusOr<ClusterConfiguration> read = ReadConfiguration(cluster, configuration);
  if (!read.ok()) return ToPublic(read.status());
  return ClusterAPI(std::make_shared<Cluster>(*read));
}

Result<ClusterAPI> ClusterAPI::local(int nodes, int workers) {
  absl::StatusOr<std::unique_ptr<LocalCluster>> local = LocalCluster::Start(nodes, workers);
  if (!local.ok()) return ToPublic(local.status());
  const ClusterConfiguration configuration{"local", (*local)->nodes(), NodeGroups()};
  return ClusterAPI(std::make_shared<Cluster>(configuration, *std::move(local)));
}

ClusterCheck ClusterAPI::clustercheck(std::chrono::milliseconds timeout, bool with_usage) const {
  if (!cluster_->IsForked()) {
    return CheckNodes(cluster_->nodes(), cluster_->links(), timeout, with_usage);
  }
  ClusterCheck check;
  for (const Node& node : cluster_->nodes()) {
    check.nodes.emplace_back();
    check.nodes.back().node = node;
    check.nodes.back().reason = kForked;
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
  if (!place.ok()) return Refused("", FirstLine(place.status().message()));
  return cluster_->Send(*place, command, options, {});
}

std::vector<Call> ClusterAPI::execute(const std::vector<Target>& targets, const Command& command,
                                      const ExecuteOptions& options) {
  std::vector<absl::StatusOr<ClusterNodes::Places>> found;
  found.reserve(targets.size());
  std::string why_not;  // the first that names no node
  wire::Place place{0, 0};
  for (const Target& target : targets) {
    found.push_back(cluster_->Find(target));
    if (found.back().ok()) {
      place.size += static_cast<std::uint32_t>(found.back()->size());
    } else if (why_not.empty()) {
      why_not = FirstLine(found.back().status().message());
    }
  }
  std::vector<Call> calls;
  for (const absl::StatusOr<ClusterNodes::Places>& nodes : found) {
    if (!nodes.ok()) {
      calls.push_back(Refused("", FirstLine(nodes.status().message())));
      continue;
    }
    for (const std::size_t node : *nodes) {
      // A mistyped target does not become fewer nodes.
      if (!why_not.empty()) {
        calls.push_back(Ended(Outcome::Kind::kSkipped, cluster_->nodes()[node].name,
                              absl::StrCat("nothing was sent anywhere: ", why_not)));
        continue;
      }
      calls.push_back(cluster_->Send(node, command, options, place));
      ++place.rank;
    }
  }
  return calls;
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
  if (!place.ok()) return Refused("", FirstLine(place.status().message()));
  return cluster_->Send(*place, command, options, {}, std::make_shared<CallInput>(terminal),
                        terminal);
}

Status ClusterAPI::cancel(const Target& target, const std::string& id,
                          std::optional<std::chrono::milliseconds> grace) {
  return cluster_->Cancel(target, id, grace);
}

std::string fold(const std::vector<std::string>& names) { return Fold(names); }

}  // namespace muster
