#include "shell/line_record.h"

#include <algorithm>
#include <utility>

namespace muster::clustershell {
namespace {

constexpr std::size_t kMaxPiece = 64u << 10;

std::size_t CostOf(const Event& event) { return event.data.size() + sizeof(Event); }

}  // namespace

LineRecord::LineRecord(const std::vector<std::string>& nodes, std::size_t max_bytes)
    : max_bytes_(max_bytes), places_(nodes.size()) {
  for (std::size_t i = 0; i < nodes.size(); ++i) places_[i].node = nodes[i];
}

void LineRecord::OnOutput(std::size_t node, const Event& event) {
  Place& place = places_[node];
  if (place.is_left_out) return;
  std::vector<Event>& events = place.events;
  const bool is_joined = !events.empty() && events.back().stream == event.stream &&
                         events.back().data.size() + event.data.size() <= kMaxPiece;
  if (is_joined) {
    events.back().data += event.data;
  } else {
    events.push_back(event);
  }
  const std::size_t cost = is_joined ? event.data.size() : CostOf(event);
  place.bytes += cost;
  bytes_ += cost;
  while (bytes_ > max_bytes_) LeaveOutLargest();
}

void LineRecord::LeaveOutLargest() {
  Place& place =
      *std::max_element(places_.begin(), places_.end(),
                        [](const Place& a, const Place& b) { return a.bytes < b.bytes; });
  bytes_ -= place.bytes;
  place.bytes = 0;
  place.is_left_out = true;
  std::vector<Event>().swap(place.events);
  place.outcome.set_value({});
}

void LineRecord::OnEnd(std::size_t node, const Outcome& outcome) {
  Place& place = places_[node];
  place.outcome = outcome;
  if (place.is_left_out) place.outcome.set_value({});
  place.bytes += place.outcome.value().text().size();
  bytes_ += place.outcome.value().text().size();
  while (bytes_ > max_bytes_) LeaveOutLargest();
}

std::vector<std::string> LineRecord::nodes() const {
  std::vector<std::string> names;
  for (const Place& place : places_) names.push_back(place.node);
  return names;
}

std::vector<std::string> LineRecord::left_out() const {
  std::vector<std::string> names;
  for (const Place& place : places_) {
    if (place.is_left_out) names.push_back(place.node);
  }
  return names;
}

void LineRecord::Tell(Report& report, bool only_output) const {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    for (const Event& event : places_[i].events) {
      if (!only_output || event.stream == Event::Stream::kStdout) report.OnOutput(i, event);
    }
    Outcome outcome = places_[i].outcome;
    if (only_output) {
      outcome.kind = Outcome::Kind::kOk;
      outcome.reason.clear();
      outcome.usage = {};
    }
    report.OnEnd(i, outcome);
    outcomes.push_back(std::move(outcome));
  }
  report.OnAllEnded(outcomes, elapsed_);
}

}  // namespace muster::clustershell
