// ProgressLine: one line on a terminal that says how many nodes of a line have ended, and which
// have not. Drawn from the second second on, or at once, a few times each second, and wiped away
// before other lines. Lives on the main thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/output.h"

namespace muster::clustershell {

// "48 of 64 nodes, 2 failed, 5 s; n[3,7-20] still run", cut to what fits into the columns. Pure.
std::string ProgressText(std::size_t ended, std::size_t total, std::size_t failed,
                         std::chrono::milliseconds elapsed, const std::vector<std::string>& running,
                         std::size_t columns);

class ProgressLine {
 public:
  // `at_once`: from the start.
  ProgressLine(Output& output, std::vector<std::string> nodes, bool at_once, bool is_quiet);
  ~ProgressLine() { Wipe(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // The node with this number has ended.
  void OnEnd(std::size_t node, const Outcome& outcome);
  // Draws it, if it is time.
  void Show();
  // Before other lines.
  void Wipe();
  // When it is to be drawn next; never, where it is not drawn at all.
  std::chrono::steady_clock::time_point next() const;

 private:
  using Clock = std::chrono::steady_clock;

  Output& output_;
  const std::vector<std::string> nodes_;
  const bool is_shown_;  // there is a terminal
  std::vector<bool> has_ended_;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  bool is_drawn_ = false;
  const Clock::time_point begun_;
  Clock::time_point next_;
};

}  // namespace muster::clustershell
