// ClusterAPI::Cluster: the nodes of a cluster and the way to each, behind every handle of it.
// Immutable, so thread-safe. Calls do not hold it: it ends with the last handle, on a thread of the
// user's, and with it an embedded cluster.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/call_input.h"
#include "client/call_state.h"
#include "client/cluster_configuration.h"
#include "client/cluster_nodes.h"
#include "client/fast_lane.h"
#include "client/local_cluster.h"
#include "client/node_link.h"
#include "client/node_runner.h"
#include "client/session_order.h"
#include "client/wire.h"

namespace muster {

class ClusterAPI::Cluster {
 public:
  // Why nothing works in a fork.
  static const char kForked[];
  // How long cancel() may block its caller, and the orders about sessions.
  static constexpr std::chrono::seconds kOrderTimeout{5};

  explicit Cluster(const ClusterConfiguration& configuration,
                   std::shared_ptr<LocalCluster> local = nullptr);
  // As the configuration says now; what is reached as before keeps its connections.
  Cluster(const ClusterConfiguration& configuration, const Cluster& before);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // gRPC does not survive fork(): nothing that needs a connection works here any more.
  bool IsForked() const;

  const ClusterConfiguration& configuration() const { return configuration_; }
  const std::vector<Node>& nodes() const { return nodes_.nodes(); }
  const std::vector<std::shared_ptr<NodeLink>>& links() const { return *links_; }

  absl::StatusOr<ClusterNodes::Places> Find(const Target& target) const {
    return nodes_.Find(target, [this](const auto& places) { return Ask(places); });
  }
  absl::StatusOr<std::size_t> FindOne(const Target& target) const {
    return nodes_.FindOne(target, [this](const auto& places) { return Ask(places); });
  }
  absl::StatusOr<std::vector<NodeGroup>> Groups() const { return nodes_.Groups(); }

  // Where one call of several goes; or why it does not go there.
  struct Spot {
    std::optional<std::size_t> place;         // of nodes(); none: the target names no node
    Outcome::Kind kind = Outcome::Kind::kOk;  // how it ends unsent; kOk: it may be sent
    Status why_not;
  };
  // One for each node of each target. When one of them names no node nothing goes anywhere: a
  // mistyped target does not become fewer nodes.
  std::vector<Spot> Spread(const std::vector<Target>& targets) const;
  // That of a target which means one node.
  std::vector<Spot> SpotOf(const Target& target) const;
  // The name of its node; empty: it has none.
  std::string NameOf(const Spot& spot) const { return spot.place ? nodes()[*spot.place].name : ""; }

  // The call, already refused when it cannot be sent.
  Call Send(std::size_t index, const Command& command, const ExecuteOptions& options,
            const wire::Place& counted) const;
  // The same, and it is written to by hand.
  Call SendInteractive(std::size_t index, const Command& command, const ExecuteOptions& options,
                       const std::optional<Terminal>& terminal, const wire::Place& place) const;
  // A call for each node of the targets; those that cannot be sent have ended already.
  std::vector<Call> SendAll(
      const std::vector<Target>& targets,
      const std::function<Call(std::size_t index, const wire::Place& place)>& send) const;
  // One for each spot; those that cannot be sent have ended already.
  std::vector<Transfer> Put(const std::vector<Spot>& spots, const std::vector<std::string>& local,
                            const std::string& remote, const TransferOptions& options) const;
  std::vector<Transfer> Get(const std::vector<Spot>& spots, const std::vector<std::string>& remote,
                            const std::string& local, const TransferOptions& options) const;
  // `self`: this, which the map keeps.
  static Map MakeMap(const std::shared_ptr<Cluster>& self, const Command& command,
                     ItemSource source, std::optional<std::size_t> total,
                     const MapOptions& options);
  Status Cancel(const Target& target, const std::string& id,
                std::optional<std::chrono::milliseconds> grace) const;

  // Asks every node that a target means; or none, when one of the targets means none.
  std::vector<NodeSessions> AskSessions(const std::vector<Target>& targets,
                                        const SessionOrder::Request& request,
                                        std::chrono::milliseconds timeout = kOrderTimeout) const;
  // The same, when the name may be sent.
  template <typename Request>
  std::vector<NodeSessions> AskAbout(const std::vector<Target>& targets, const std::string& name,
                                     Request request) const {
    const Status why_not = WhyNotName(name);
    if (why_not.ok()) {
      request.set_name(name);
      return AskSessions(targets, request);
    }
    std::vector<NodeSessions> answers;
    for (const Spot& spot : Spread(targets)) {
      answers.emplace_back();
      answers.back().node = NameOf(spot);
      answers.back().status = why_not;
    }
    return answers;
  }

 private:
  NodeRunner RunnerOf(std::size_t index) const {
    return {(*links_)[index], (*lanes_)[index], wire_names_[index]};
  }
  Call NotSent(std::size_t index, const std::string& why_not) const;
  static Spot Nowhere(const absl::Status& why_not);
  // Calls that carry files. `why_not`: why nothing can be sent anywhere; empty: it can.
  std::vector<std::shared_ptr<Call::State>> Carry(const std::vector<Spot>& spots,
                                                  const v1::FileTransfer& files,
                                                  const TransferOptions& options,
                                                  std::string why_not) const;
  // What the nodes say of themselves, for a target that asks.
  absl::StatusOr<std::vector<NodeCheck>> Ask(const ClusterNodes::Places& places) const;
  static Status WhyNotName(const std::string& name);

  Cluster(const ClusterConfiguration& configuration, std::shared_ptr<LocalCluster> local,
          const Cluster* before);

  const int forks_;  // of the process that it belongs to
  const ClusterConfiguration configuration_;
  const ClusterNodes nodes_;
  std::vector<std::string> wire_names_;  // as the daemons know the nodes; empty: whichever answers
  std::unique_ptr<std::vector<std::shared_ptr<NodeLink>>> links_ =
      std::make_unique<std::vector<std::shared_ptr<NodeLink>>>();
  std::unique_ptr<std::vector<std::shared_ptr<FastLane>>> lanes_ =  // one of each link
      std::make_unique<std::vector<std::shared_ptr<FastLane>>>();
  std::shared_ptr<LocalCluster> local_;  // null: not embedded
};

}  // namespace muster
