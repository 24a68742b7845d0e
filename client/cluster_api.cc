// ClusterAPI: the facade. Turns targets into nodes, and the library's own errors into public ones.
#include <absl/strings/str_cat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "client/ClusterAPI.h"
#include "client/call_state.h"
#include "client/cluster_check.h"
#include "client/cluster_configuration.h"
#include "client/command_check.h"
#include "client/execution.h"
#include "client/local_cluster.h"
#include "client/node_link.h"
#include "client/wire.h"

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

}  // namespace

// The nodes, and the way to each. Immutable, so thread-safe. Calls do not hold it: it ends with the
// last handle, on a thread of the user's, and with it an embedded cluster.
class ClusterAPI::Cluster {
 public:
  Cluster(const std::vector<ConfiguredNode>& configured, std::unique_ptr<LocalCluster> local)
      : owner_(::getpid()), local_(std::move(local)) {
    int index = 0;
    for (const ConfiguredNode& node : configured) {
      nodes_.push_back({++index, node.name, node.address.ToString()});
      wire_names_.push_back(node.is_named ? node.name : "");
      links_->push_back(std::make_shared<NodeLink>(node.name, node.address));
    }
  }

  ~Cluster() {
    // A fork must not end connections that it shares with its parent: they are left alone.
    if (IsForked()) static_cast<void>(links_.release());
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // gRPC does not survive fork(): nothing that needs a connection works here any more.
  bool IsForked() const { return ::getpid() != owner_; }

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
            std::shared_ptr<CallInput> input, const std::optional<Terminal>& terminal = {}) const;

  void Begin(int position, const Command& command, const ExecuteOptions& options,
             const std::shared_ptr<Call::State>& state) const {
    const auto index = static_cast<std::size_t>(position);
    const auto execution = std::make_shared<Execution>(
        state, (*links_)[index], wire::ToRequest(command, options, wire_names_[index]));
    state->SetControl(execution);
    execution->Begin();
  }

 private:
  const pid_t owner_;
  std::vector<Node> nodes_;
  std::vector<std::string> wire_names_;  // as the daemons know the nodes; empty: whichever answers
  std::unique_ptr<std::vector<std::shared_ptr<NodeLink>>> links_ =
      std::make_unique<std::vector<std::shared_ptr<NodeLink>>>();
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

ClusterCheck ClusterAPI::clustercheck(std::chrono::milliseconds timeout) const {
  if (!cluster_->IsForked()) return CheckNodes(cluster_->nodes(), cluster_->links(), timeout);
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

Call ClusterAPI::Cluster::Send(const Target& target, const Command& command,
                               const ExecuteOptions& options, std::shared_ptr<CallInput> input,
                               const std::optional<Terminal>& terminal) const {
  const int position = Find(target);
  const std::string node = position < 0 ? "" : nodes_[static_cast<std::size_t>(position)].name;
  const auto state = std::make_shared<Call::State>(node, std::move(input));
  std::string why_not;
  if (position < 0) {
    why_not = WhyNotFound(target);
  } else {
    why_not = IsForked() ? kForked : WhyNotSend(command, options);
    if (why_not.empty() && terminal) why_not = WhyNotOpen(*terminal);
    if (!why_not.empty()) absl::StrAppend(&why_not, "; nothing was sent to ", node);
  }
  if (why_not.empty()) {
    Begin(position, command, options, state);
  } else {
    Outcome outcome;
    outcome.kind = Outcome::Kind::kRefused;
    outcome.node = node;
    outcome.reason = std::move(why_not);
    state->Finish(std::move(outcome));
  }
  return Call(state);
}

Call ClusterAPI::execute(const Target& target, const Command& command,
                         const ExecuteOptions& options) {
  return cluster_->Send(target, command, options, nullptr);
}

Call ClusterAPI::interact(const Target& target, const Command& command,
                          const ExecuteOptions& options, std::optional<Terminal> terminal) {
  return cluster_->Send(target, command, options, std::make_shared<CallInput>(terminal), terminal);
}

}  // namespace muster
