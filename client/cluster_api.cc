// ClusterAPI: the facade. Turns targets into nodes, and the library's own errors into public ones.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "client/ClusterAPI.h"
#include "client/call_state.h"
#include "client/cancel_order.h"
#include "client/cluster_check.h"
#include "client/cluster_configuration.h"
#include "client/command_check.h"
#include "client/execution.h"
#include "client/execution_id.h"
#include "client/fast_call.h"
#include "client/fast_lane.h"
#include "client/forks.h"
#include "client/local_cluster.h"
#include "client/node_link.h"
#include "client/put_source.h"
#include "client/transfer_state.h"
#include "client/wire.h"
#include "files/name.h"

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

constexpr char kForked[] =
    "this process is a fork of the one that made the cluster, and connections do not survive a "
    "fork(); start programs with exec (in Python: multiprocessing's \"spawn\"), or make the "
    "cluster "
    "after the fork";

// "n1, n2, n3"; of many only the ends.
std::string NameList(const std::vector<Node>& nodes) {
  constexpr std::size_t kMost = 12;
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.size() > kMost && i == kMost - 1) {
      absl::StrAppend(&text, ", …");
      i = nodes.size() - 1;
    }
    absl::StrAppend(&text, text.empty() ? "" : ", ", nodes[i].name);
  }
  return text;
}

// A call that has ended already.
std::shared_ptr<Call::State> EndedState(Outcome::Kind kind, const std::string& node,
                                        std::string why_not) {
  auto state = std::make_shared<Call::State>(node);
  Outcome outcome;
  outcome.kind = kind;
  outcome.node = node;
  outcome.reason = std::move(why_not);
  state->Finish(std::move(outcome));
  return state;
}

Call Ended(Outcome::Kind kind, const std::string& node, std::string why_not) {
  return Call(EndedState(kind, node, std::move(why_not)));
}

Call Refused(const std::string& node, std::string why_not) {
  return Ended(Outcome::Kind::kRefused, node, std::move(why_not));
}

}  // namespace

// The nodes, and the way to each. Immutable, so thread-safe. Calls do not hold it: it ends with the
// last handle, on a thread of the user's, and with it an embedded cluster.
class ClusterAPI::Cluster {
 public:
  Cluster(const std::vector<ConfiguredNode>& configured, std::unique_ptr<LocalCluster> local)
      : forks_(Forks()), local_(std::move(local)) {
    int index = 0;
    for (const ConfiguredNode& node : configured) {
      nodes_.push_back({++index, node.name, node.address.ToString()});
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

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<std::shared_ptr<NodeLink>>& links() const { return *links_; }

  // The position of the node, or -1.
  int Find(const Target& target) const {
    const int count = static_cast<int>(nodes_.size());
    if (target.name().empty()) {
      return target.index() >= 1 && target.index() <= count ? target.index() - 1 : -1;
    }
    for (int i = 0; i < count; ++i) {
      if (nodes_[static_cast<std::size_t>(i)].name == target.name()) return i;
    }
    return -1;
  }

  std::string WhyNotFound(const Target& target) const {
    const std::string names = NameList(nodes_);
    if (!target.name().empty()) {
      return absl::StrCat("there is no node \"", target.name(), "\": nodes are ", names);
    }
    if (nodes_.size() == 1) {
      return absl::StrCat("there is no server ", target.index(), ": the only server is 1 (", names,
                          ")");
    }
    return absl::StrCat("there is no server ", target.index(), ": servers are 1 to ", nodes_.size(),
                        " (", names, ")");
  }

  // The call, already refused when it cannot be sent. `input`: what it takes; null: nothing.
  Call Send(const Target& target, const Command& command, const ExecuteOptions& options,
            const wire::Place& place, std::shared_ptr<CallInput> input = nullptr,
            const std::optional<Terminal>& terminal = {}) const {
    const int position = Find(target);
    if (position < 0) return Refused("", WhyNotFound(target));
    const auto index = static_cast<std::size_t>(position);
    const std::string& node = nodes_[index].name;
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

  // Calls that carry files, one for each target; those that cannot be sent have ended already.
  // `why_not`: why nothing can be sent anywhere; empty: it can.
  std::vector<std::shared_ptr<Call::State>> Carry(const std::vector<Target>& targets,
                                                  const v1::FileTransfer& files,
                                                  const TransferOptions& options,
                                                  std::string why_not) const {
    std::vector<std::shared_ptr<Call::State>> calls;
    const std::string unknown = WhyNotAll(targets);
    if (IsForked()) why_not = kForked;
    wire::Place place{static_cast<std::uint32_t>(targets.size()), 0};
    for (const Target& target : targets) {
      const int position = Find(target);
      if (position < 0) {
        calls.push_back(EndedState(Outcome::Kind::kRefused, "", WhyNotFound(target)));
        continue;
      }
      const auto index = static_cast<std::size_t>(position);
      const std::string& node = nodes_[index].name;
      if (!unknown.empty()) {
        calls.push_back(EndedState(Outcome::Kind::kSkipped, node,
                                   absl::StrCat("nothing was sent anywhere: ", unknown)));
      } else if (!why_not.empty()) {
        calls.push_back(EndedState(Outcome::Kind::kRefused, node,
                                   absl::StrCat(why_not, "; nothing was sent to ", node)));
      } else {
        calls.push_back(
            std::make_shared<Call::State>(node, std::make_shared<CallInput>(std::nullopt)));
        const auto execution =
            std::make_shared<Execution>(calls.back(), (*links_)[index],
                                        wire::ToRequest(files, options, wire_names_[index], place));
        calls.back()->SetControl(execution);
        execution->Begin();
        ++place.rank;
      }
    }
    return calls;
  }

  // Why these targets cannot all be meant; empty: they can.
  std::string WhyNotAll(const std::vector<Target>& targets) const {
    for (const Target& target : targets) {
      if (Find(target) < 0) return WhyNotFound(target);
    }
    return "";
  }

  // The call of a target beside which there is one that names no node.
  Call Skip(const Target& target, const std::string& unknown) const {
    const int position = Find(target);
    if (position < 0) return Refused("", WhyNotFound(target));
    return Ended(Outcome::Kind::kSkipped, nodes_[static_cast<std::size_t>(position)].name,
                 absl::StrCat("nothing was sent anywhere: ", unknown));
  }

  Status Cancel(const Target& target, const std::string& id,
                std::optional<std::chrono::milliseconds> grace) const {
    const int position = Find(target);
    if (position < 0) return {StatusCode::kNotFound, WhyNotFound(target)};
    if (IsForked()) return {StatusCode::kFailedPrecondition, kForked};
    const absl::StatusOr<v1::ExecutionId> parsed = ParseExecutionId(id);
    if (!parsed.ok()) return ToPublic(parsed.status());
    if (grace && grace->count() < 0) {
      return {StatusCode::kInvalidArgument,
              absl::StrCat("the grace is ", grace->count(), " ms; it has to be 0 ms or more")};
    }
    const auto order = std::make_shared<CancelOrder>((*links_)[static_cast<std::size_t>(position)],
                                                     *parsed, grace);
    return ToPublic(order->Give(kCancelTimeout));
  }

 private:
  const int forks_;  // of the process that it belongs to
  std::vector<Node> nodes_;
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
  const absl::StatusOr<std::vector<ConfiguredNode>> nodes =
      ReadConfiguration(cluster, configuration);
  if (!nodes.ok()) return ToPublic(nodes.status());
  return ClusterAPI(std::make_shared<Cluster>(*nodes, nullptr));
}

Result<ClusterAPI> ClusterAPI::local(int nodes, int workers) {
  absl::StatusOr<std::unique_ptr<LocalCluster>> local = LocalCluster::Start(nodes, workers);
  if (!local.ok()) return ToPublic(local.status());
  const std::vector<ConfiguredNode> configured = (*local)->nodes();
  return ClusterAPI(std::make_shared<Cluster>(configured, *std::move(local)));
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

Call ClusterAPI::execute(const Target& target, const Command& command,
                         const ExecuteOptions& options) {
  return cluster_->Send(target, command, options, {});
}

std::vector<Call> ClusterAPI::execute(const std::vector<Target>& targets, const Command& command,
                                      const ExecuteOptions& options) {
  std::vector<Call> calls;
  calls.reserve(targets.size());
  wire::Place place{static_cast<std::uint32_t>(targets.size()), 0};
  // A mistyped target does not become fewer nodes.
  const std::string unknown = cluster_->WhyNotAll(targets);
  for (const Target& target : targets) {
    if (!unknown.empty()) {
      calls.push_back(cluster_->Skip(target, unknown));
      continue;
    }
    calls.push_back(cluster_->Send(target, command, options, place));
    ++place.rank;
  }
  return calls;
}

Call ClusterAPI::interact(const Target& target, const Command& command,
                          const ExecuteOptions& options, const std::optional<Terminal>& terminal) {
  return cluster_->Send(target, command, options, {}, std::make_shared<CallInput>(terminal),
                        terminal);
}

Transfer ClusterAPI::put(const Target& target, const std::vector<std::string>& local,
                         const std::string& remote, const TransferOptions& options) {
  return put(std::vector<Target>{target}, local, remote, options).front();
}

std::vector<Transfer> ClusterAPI::put(const std::vector<Target>& targets,
                                      const std::vector<std::string>& local,
                                      const std::string& remote, const TransferOptions& options) {
  std::string missing;
  const auto source = std::make_shared<const PutSource>(PutSource::Find(local, missing));
  std::string why_not = local.empty() ? "no file is named" : WhyNotTransfer({remote}, options);
  if (!missing.empty()) why_not = absl::StrCat("there is no ", missing, " on this machine");
  v1::FileTransfer files;
  files.set_direction(v1::FileTransfer::DIRECTION_PUT);
  files.add_paths(remote);
  std::vector<Transfer> transfers;
  for (auto& call : cluster_->Carry(targets, files, options, why_not)) {
    transfers.emplace_back(Transfer::State::Put(std::move(call), source, options.durable));
  }
  return transfers;
}

Transfer ClusterAPI::get(const Target& target, const std::vector<std::string>& remote,
                         const std::string& local, const TransferOptions& options) {
  return get(std::vector<Target>{target}, remote, local, options).front();
}

std::vector<Transfer> ClusterAPI::get(const std::vector<Target>& targets,
                                      const std::vector<std::string>& remote,
                                      const std::string& local, const TransferOptions& options) {
  std::string why_not = WhyNotTransfer(remote, options);
  if (local.empty()) why_not = "there is no name for the folder on this machine";
  v1::FileTransfer files;
  files.set_direction(v1::FileTransfer::DIRECTION_GET);
  for (const std::string& path : remote) files.add_paths(path);
  files::Wanted wanted;
  wanted.destination = local;
  wanted.asked = remote;
  wanted.is_many = remote.size() > 1 || std::any_of(remote.begin(), remote.end(), files::IsPattern);
  wanted.is_durable = options.durable;
  wanted.max_bytes = options.max_bytes;
  wanted.max_files = options.max_files;
  std::vector<Transfer> transfers;
  for (auto& call : cluster_->Carry(targets, files, options, why_not)) {
    if (targets.size() > 1) wanted.suffix = "." + call->node();
    transfers.emplace_back(Transfer::State::Get(std::move(call), wanted));
  }
  return transfers;
}

Status ClusterAPI::cancel(const Target& target, const std::string& id,
                          std::optional<std::chrono::milliseconds> grace) {
  return cluster_->Cancel(target, id, grace);
}

}  // namespace muster
