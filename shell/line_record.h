// LineRecord: what the nodes wrote of one line, kept so that it can be told again in another form.
// Of all nodes together so much is kept; beyond that the node that wrote most is left out. One
// thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/reports/report.h"

namespace muster::clustershell {

class LineRecord {
 public:
  static constexpr std::size_t kMaxBytes = 64u << 20;

  explicit LineRecord(const std::vector<std::string>& nodes, std::size_t max_bytes = kMaxBytes);

  void OnOutput(std::size_t node, const Event& event);
  void OnEnd(std::size_t node, const Outcome& outcome);
  void OnAllEnded(std::chrono::milliseconds elapsed) { elapsed_ = elapsed; }

  std::vector<std::string> nodes() const;
  // Those whose output was too much to be kept.
  std::vector<std::string> left_out() const;
  // Tells it once more: all of it, or only what the nodes wrote to stdout, and values.
  void Tell(Report& report, bool only_output) const;

 private:
  struct Place {
    std::string node;
    std::vector<Event> events;
    std::size_t bytes = 0;
    bool is_left_out = false;
    Outcome outcome;
  };
  void LeaveOutLargest();

  const std::size_t max_bytes_;
  std::vector<Place> places_;
  std::size_t bytes_ = 0;
  std::chrono::milliseconds elapsed_{0};
};

}  // namespace muster::clustershell
