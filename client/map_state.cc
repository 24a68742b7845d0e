#include "client/map_state.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "client/call_state.h"

namespace muster {
namespace {

// In order, so many results may wait for an earlier one, beside those of what runs.
constexpr std::size_t kMostAhead = 1024;
// How often an item that was not begun, or is idempotent, is given to another node.
constexpr int kMostMoves = 10;
constexpr std::chrono::milliseconds kBetweenTellings(100);
constexpr std::chrono::hours kLong(24);

}  // namespace

Map::State::State(MapTemplate map_template, ItemSource source, std::optional<std::size_t> total,
                  MapOptions options, std::size_t nodes, Sender sender)
    : template_(std::move(map_template)),
      source_(std::move(source)),
      options_(std::move(options)),
      sender_(std::move(sender)),
      nodes_(nodes) {
  progress_.total = total;
}

Map::State::State(std::string why_not, ItemSource source, std::optional<std::size_t> total,
                  MapOptions options)
    : why_not_(std::move(why_not)),
      source_(std::move(source)),
      options_(std::move(options)),
      nodes_(0) {
  progress_.total = total;
}

// ---- what is to be done ----

std::optional<Item> Map::State::NextItem() {
  if (is_exhausted_) return std::nullopt;
  std::optional<Item> item = source_();
  is_exhausted_ = !item.has_value();
  return item;
}

std::optional<Map::State::Task> Map::State::NextTask() {
  if (!moved_.empty()) {
    Task task = std::move(moved_.front());
    moved_.pop_front();
    return task;
  }
  const bool is_far_ahead = options_.in_order && next_item_ >= next_result_ + kMostAhead;
  if (is_far_ahead || is_cancelled_) return std::nullopt;
  const std::optional<Item> item = NextItem();
  if (!item) return std::nullopt;
  return Task{next_item_++, template_->Fill(*item), 0, std::nullopt};
}

void Map::State::Feed() {
  while (template_) {
    const std::optional<std::size_t> had = moved_.empty() ? std::nullopt : moved_.front().node;
    const std::optional<std::size_t> node = nodes_.Choose(had, Clock::now());
    if (!node) return;
    std::optional<Task> task = NextTask();
    if (!task) return;
    Send(*std::move(task), *node);
  }
}

void Map::State::Send(Task task, std::size_t node) {
  if (task.node && *task.node != node) ++task.moves;
  task.node = node;
  nodes_.Begin(node);
  Call call = sender_(node, task.command);
  const std::uint64_t token = next_token_++;
  const std::shared_ptr<Call::State> state = call.state_;
  running_.emplace(token, Running{std::move(task), std::move(call)});
  state->WhenDone([completions = completions_, token] { completions->Add(token); });
  state->Shed();
  fresh_.push_back(state);
}

// ---- what came of it ----

void Map::State::Collect(bool waits) {
  if (waits) {
    for (const auto& call : std::exchange(fresh_, {})) call->SendNow();
  }
  auto deadline = Clock::now() + (waits ? Clock::duration(kLong) : Clock::duration(0));
  if (const auto returns = nodes_.NextReturn(); returns && waits) {
    deadline = std::min(deadline, std::max(*returns, Clock::now()));
  }
  if (waits && options_.progress) deadline = std::min(deadline, told_ + kBetweenTellings);
  for (const std::uint64_t token : completions_->Take(deadline)) {
    if (token != kWakeUp) HandleEnd(token);
  }
  if (is_cancelled_ && !std::exchange(has_cancelled_, true)) CancelRunning();
  TellProgress(false);
}

void Map::State::HandleEnd(std::uint64_t token) {
  const auto found = running_.find(token);
  Task task = std::move(found->second.task);
  // The only handle: it takes the outcome along.
  Outcome outcome = std::move(found->second.call).wait();
  running_.erase(found);
  const bool is_unfit = IsUnfit(outcome);
  nodes_.End(*task.node, outcome, is_unfit, Clock::now());
  if (is_unfit) refusals_[*task.node] = absl::StrCat(outcome.node, ": ", outcome.reason);
  if (MayMove(task, outcome)) {
    moved_.push_back(std::move(task));
    return;
  }
  if (is_unfit && refusals_.size() > 1) outcome.reason = AllRefusals();
  Finish({task.index, std::move(outcome), task.moves});
}

bool Map::State::MayMove(const Task& task, const Outcome& outcome) const {
  const bool was_not_begun = outcome.kind == Outcome::Kind::kUnreachable || IsUnfit(outcome);
  const bool is_lost = outcome.kind == Outcome::Kind::kLost;
  const int most_moves = kMostMoves + static_cast<int>(refusals_.size());
  if (is_cancelled_ || task.moves >= most_moves) return false;
  if (!was_not_begun && !(is_lost && (options_.idempotent || options_.each.idempotent)))
    return false;
  return nodes_.IsOtherThere(*task.node);
}

std::string Map::State::AllRefusals() const {
  return absl::StrCat("no node would take it: ",
                      absl::StrJoin(refusals_, "; ", [](std::string* out, const auto& refusal) {
                        out->append(refusal.second);
                      }));
}

void Map::State::CancelRunning() {
  for (auto& [token, running] : running_) running.call.cancel();
  for (Task& task : std::exchange(moved_, {})) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::kCancelled;
    outcome.reason = "the map was cancelled before another node began it";
    Finish({task.index, std::move(outcome), task.moves});
  }
}

void Map::State::Finish(MapResult result) {
  const std::size_t key = options_.in_order ? result.index : progress_.done;
  ++progress_.done;
  if (!result.outcome.ok()) ++progress_.failed;
  results_.emplace(key, std::move(result));
}

std::optional<MapResult> Map::State::TakeResult() {
  const auto first = results_.begin();
  if (first == results_.end() || first->first != next_result_) return std::nullopt;
  ++next_result_;
  MapResult result = std::move(first->second);
  results_.erase(first);
  return result;
}

std::optional<MapResult> Map::State::Next() {
  if (!template_) {
    if (is_cancelled_ || !NextItem()) return std::nullopt;
    Outcome outcome;
    outcome.kind = Outcome::Kind::kRefused;
    outcome.reason = why_not_;
    return MapResult{next_item_++, std::move(outcome), 0};
  }
  for (;;) {
    Collect(false);
    Feed();
    if (std::optional<MapResult> result = TakeResult()) return result;
    // A source that is not asked any more has an end where it is.
    if (running_.empty() && moved_.empty() && (is_exhausted_ || is_cancelled_)) {
      TellProgress(true);
      return std::nullopt;
    }
    Collect(true);
  }
}

void Map::State::TellProgress(bool is_last) {
  const Clock::time_point now = Clock::now();
  if (!options_.progress || (!is_last && now < told_ + kBetweenTellings)) return;
  told_ = now;
  progress_.running = running_.size();
  progress_.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
  options_.progress(progress_);
}

// ---- the handle ----

Map::Map(std::unique_ptr<State> state) : state_(std::move(state)) {}
Map::Map(Map&&) noexcept = default;
Map& Map::operator=(Map&&) noexcept = default;
Map::~Map() = default;
std::optional<MapResult> Map::next() { return state_->Next(); }
void Map::cancel() { state_->Cancel(); }

}  // namespace muster
