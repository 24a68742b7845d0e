// Map::State: the work queue behind a Map: takes items from their source as there is room for them
// at nodes, sends each, and gives it to another node when it may not have run. One thread at a time
// but for Cancel.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "client/ClusterAPI.h"
#include "client/completion_queue.h"
#include "client/map_nodes.h"
#include "client/map_template.h"

namespace muster {

class Map::State {
 public:
  using Clock = std::chrono::steady_clock;
  // Sends a command to the node at a place of the map.
  using Sender = std::function<Call(std::size_t node, const Command& command)>;

  // `total`: how many items the source has, if that is known.
  State(MapTemplate map_template, ItemSource source, std::optional<std::size_t> total,
        MapOptions options, std::size_t nodes, Sender sender);
  // Every item is refused.
  State(std::string why_not, ItemSource source, std::optional<std::size_t> total,
        MapOptions options);

  std::optional<MapResult> Next();
  void Cancel() {
    is_cancelled_ = true;
    completions_->Add(kWakeUp);
  }

 private:
  static constexpr std::uint64_t kWakeUp = ~std::uint64_t{0};

  struct Task {
    std::size_t index = 0;
    Command command{""};
    int moves = 0;
    std::optional<std::size_t> node;  // that has it, or had it last
  };
  struct Running {
    Task task;
    Call call;
  };

  // Sends what there is room for.
  void Feed();
  std::optional<Task> NextTask();
  std::optional<Item> NextItem();
  void Send(Task task, std::size_t node);
  // Takes the outcomes that are there; waits for one if there is none and `waits`.
  void Collect(bool waits);
  void HandleEnd(std::uint64_t token);
  bool MayMove(const Task& task, const Outcome& outcome) const;
  // The node has not what the items ask for.
  bool IsUnfit(const Outcome& outcome) const {
    return outcome.kind == Outcome::Kind::kRefused && !options_.each.resources.empty();
  }
  // What each node has, where none has enough.
  std::string AllRefusals() const;
  void CancelRunning();
  void Finish(MapResult result);
  std::optional<MapResult> TakeResult();
  void TellProgress(bool is_last);

  const std::optional<MapTemplate> template_;
  const std::string why_not_;
  const ItemSource source_;
  const MapOptions options_;
  const Sender sender_;
  MapNodes nodes_;
  const std::shared_ptr<CompletionQueue> completions_ = std::make_shared<CompletionQueue>();
  std::atomic<bool> is_cancelled_{false};
  bool has_cancelled_ = false;
  bool is_exhausted_ = false;
  std::size_t next_item_ = 0;
  std::deque<Task> moved_;
  std::map<std::size_t, std::string> refusals_;  // of nodes that are unfit, by their place
  std::uint64_t next_token_ = 0;
  std::map<std::uint64_t, Running> running_;
  std::vector<std::shared_ptr<Call::State>> fresh_;  // sent since somebody last waited
  std::map<std::size_t, MapResult> results_;         // in order: by index; else by their number
  std::size_t next_result_ = 0;                      // the key of the one to be given next
  MapProgress progress_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point told_ = Clock::now();
};

}  // namespace muster
