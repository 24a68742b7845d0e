#include "client/cluster.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <numeric>

#include "client/call_state.h"
#include "client/cancel_order.h"
#include "client/cluster_check.h"
#include "client/command_check.h"
#include "client/connect_turns.h"
#include "client/ended_call.h"
#include "client/execution_id.h"
#include "client/forks.h"
#include "client/map_state.h"
#include "client/public_status.h"
#include "client/retried_call.h"
#include "common/descriptor_limit.h"
#include "common/marked_text.h"

namespace muster {
namespace {

// How long a target may wait for what nodes say of themselves.
constexpr std::chrono::seconds kAskTimeout(5);

wire::Place PlaceOf(const ExecuteOptions& options, const wire::Place& counted) {
  return options.size == 0 ? counted : wire::Place{options.size, options.rank};
}

}  // namespace

const char ClusterAPI::Cluster::kForked[] =
    "this process is a fork of the one that made the cluster, and connections do not survive a "
    "fork(); start programs with exec (in Python: multiprocessing's \"spawn\"), or make the first "
    "cluster after the fork";

ClusterAPI::Cluster::Cluster(const ClusterConfiguration& configuration,
                             std::shared_ptr<LocalCluster> local)
    : Cluster(configuration, std::move(local), nullptr) {}

ClusterAPI::Cluster::Cluster(const ClusterConfiguration& configuration, const Cluster& before)
    : Cluster(configuration, before.local_, &before) {}

ClusterAPI::Cluster::Cluster(const ClusterConfiguration& configuration,
                             std::shared_ptr<LocalCluster> local, const Cluster* before)
    : forks_(Forks()),
      configuration_(configuration),
      nodes_(configuration),
      local_(std::move(local)) {
  RaiseDescriptorLimit();
  const auto turns = std::make_shared<ConnectTurns>();
  const auto same_link = [&](const ConfiguredNode& node) -> std::shared_ptr<NodeLink> {
    if (before == nullptr) return nullptr;
    const auto& nodes = before->configuration_.nodes;
    const auto same = std::find_if(nodes.begin(), nodes.end(), [&](const ConfiguredNode& other) {
      return other.name == node.name && other.is_named == node.is_named &&
             other.WayTo() == node.WayTo() && other.trust == node.trust &&
             other.state == node.state;
    });
    if (same == nodes.end()) return nullptr;
    return (*before->links_)[static_cast<std::size_t>(same - nodes.begin())];
  };
  for (const ConfiguredNode& node : configuration.nodes) {
    wire_names_.push_back(node.is_named ? node.name : "");
    links_->push_back(same_link(node));
    if (links_->back() == nullptr) {
      links_->back() = std::make_shared<NodeLink>(node.name, node.WayTo(), node.trust,
                                                  Lanes::kMaxIdleOfLast, turns, node.state);
    }
    lanes_->push_back(std::make_shared<FastLane>(links_->back(), wire_names_.back()));
  }
}

ClusterAPI::Cluster::~Cluster() {
  // A fork must not end connections that it shares with its parent: they are left alone.
  if (IsForked()) {
    static_cast<void>(lanes_.release());
    static_cast<void>(links_.release());
    return;
  }
  for (const std::shared_ptr<FastLane>& lane : *lanes_) lane->Close();
}

bool ClusterAPI::Cluster::IsForked() const { return Forks() != forks_; }

std::vector<ClusterAPI::Cluster::Spot> ClusterAPI::Cluster::Spread(
    const std::vector<Target>& targets) const {
  std::vector<Spot> spots;
  Status wrong;  // of the first that names no node
  for (const Target& target : targets) {
    const absl::StatusOr<ClusterNodes::Places> found = Find(target);
    if (!found.ok()) {
      spots.push_back(Nowhere(found.status()));
      if (wrong.ok()) wrong = spots.back().why_not;
      continue;
    }
    for (const std::size_t place : *found) spots.push_back({place, Outcome::Kind::kOk, {}});
  }
  for (Spot& spot : spots) {
    if (wrong.ok() || !spot.place) continue;
    spot.kind = Outcome::Kind::kSkipped;
    spot.why_not = {wrong.code(), absl::StrCat("nothing was sent anywhere: ", wrong.message())};
  }
  return spots;
}

std::vector<ClusterAPI::Cluster::Spot> ClusterAPI::Cluster::SpotOf(const Target& target) const {
  const absl::StatusOr<std::size_t> place = FindOne(target);
  if (place.ok()) return {{*place, Outcome::Kind::kOk, {}}};
  return {Nowhere(place.status())};
}

ClusterAPI::Cluster::Spot ClusterAPI::Cluster::Nowhere(const absl::Status& why_not) {
  return {std::nullopt,
          Outcome::Kind::kRefused,
          {ToPublic(why_not).code(), FirstLine(why_not.message())}};
}

Call ClusterAPI::Cluster::NotSent(std::size_t index, const std::string& why_not) const {
  const std::string& node = nodes()[index].name;
  return RefusedCall(node, absl::StrCat(why_not, "; nothing was sent to ", node));
}

Call ClusterAPI::Cluster::Send(std::size_t index, const Command& command,
                               const ExecuteOptions& options, const wire::Place& counted) const {
  std::string why_not = IsForked() ? kForked : WhyNotSend(command, options);
  if (why_not.empty()) why_not = WhyNotExecute(options);
  if (!why_not.empty()) return NotSent(index, why_not);
  const std::string& node = nodes()[index].name;
  const wire::Place place = PlaceOf(options, counted);
  RetriedCall::MakeInput make_input = [] { return nullptr; };
  if (!options.input.empty() || !options.input_pieces.pieces.empty()) {
    make_input = [whole = CallInput::WholeOf(options)] {
      return std::make_shared<CallInput>(whole);
    };
  }
  if (options.retries == 0) {
    const auto call = std::make_shared<Call::State>(node, make_input());
    RunnerOf(index).Begin(call, command, options, place);
    return Call(call);
  }
  const auto call = std::make_shared<Call::State>(node);
  RetriedCall::Start(call, options, std::move(make_input),
                     [runner = RunnerOf(index), command, options,
                      place](const std::shared_ptr<Call::State>& attempt) {
                       runner.Begin(attempt, command, options, place);
                     });
  return Call(call);
}

Call ClusterAPI::Cluster::SendInteractive(std::size_t index, const Command& command,
                                          const ExecuteOptions& options,
                                          const std::optional<Terminal>& terminal,
                                          const wire::Place& counted) const {
  std::string why_not = IsForked() ? kForked : WhyNotSend(command, options);
  if (why_not.empty()) why_not = WhyNotInteract(options);
  if (why_not.empty() && terminal) why_not = WhyNotOpen(*terminal);
  if (!why_not.empty()) return NotSent(index, why_not);
  const auto call =
      std::make_shared<Call::State>(nodes()[index].name, std::make_shared<CallInput>(terminal));
  RunnerOf(index).Begin(call, command, options, PlaceOf(options, counted));
  return Call(call);
}

std::vector<Call> ClusterAPI::Cluster::SendAll(
    const std::vector<Target>& targets,
    const std::function<Call(std::size_t index, const wire::Place& place)>& send) const {
  const std::vector<Spot> spots = Spread(targets);
  wire::Place place{static_cast<std::uint32_t>(spots.size()), 0};
  std::vector<Call> calls;
  calls.reserve(spots.size());
  for (const Spot& spot : spots) {
    if (spot.kind != Outcome::Kind::kOk) {
      calls.push_back(EndedCall(spot.kind, NameOf(spot), spot.why_not.message()));
    } else {
      calls.push_back(send(*spot.place, place));
      ++place.rank;
    }
  }
  return calls;
}

Map ClusterAPI::Cluster::MakeMap(const std::shared_ptr<Cluster>& self, const Command& command,
                                 ItemSource source, std::optional<std::size_t> total,
                                 const MapOptions& options) {
  const auto refused = [&](const absl::Status& why_not) {
    return Map(std::make_unique<Map::State>(FirstLine(why_not.message()), std::move(source), total,
                                            options));
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

Status ClusterAPI::Cluster::Cancel(const Target& target, const std::string& id,
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
  return ToPublic(order->Give(kOrderTimeout));
}

std::vector<NodeSessions> ClusterAPI::Cluster::AskSessions(
    const std::vector<Target>& targets, const SessionOrder::Request& request,
    std::chrono::milliseconds timeout) const {
  std::vector<NodeSessions> answers;
  std::vector<std::shared_ptr<SessionOrder>> orders;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (const Spot& spot : Spread(targets)) {
    answers.emplace_back();
    answers.back().node = NameOf(spot);
    answers.back().status =
        IsForked() ? Status(StatusCode::kFailedPrecondition, kForked) : spot.why_not;
    if (!answers.back().status.ok()) continue;
    orders.push_back(std::make_shared<SessionOrder>((*links_)[*spot.place], request, deadline));
    orders.back()->Begin();
  }
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const SessionOrder::Answer answer = orders[i]->Wait();
    answers[i].status = ToPublic(answer.status());
    if (!answer.ok()) continue;
    for (const v1::Session& session : answer->sessions()) {
      answers[i].sessions.push_back(wire::ToSession(session));
    }
  }
  return answers;
}

Status ClusterAPI::Cluster::WhyNotName(const std::string& name) {
  const std::string why_not = WhyNotSession(name);
  if (why_not.empty()) return {};
  return {StatusCode::kInvalidArgument, absl::StrCat(why_not, "; nothing was sent")};
}

absl::StatusOr<std::vector<NodeCheck>> ClusterAPI::Cluster::Ask(
    const ClusterNodes::Places& places) const {
  if (IsForked()) return absl::FailedPreconditionError(kForked);
  std::vector<Node> asked;
  std::vector<std::shared_ptr<NodeLink>> links;
  for (const std::size_t place : places) {
    asked.push_back(nodes()[place]);
    links.push_back((*links_)[place]);
  }
  return CheckNodes(asked, links, kAskTimeout, false).nodes;
}

}  // namespace muster
