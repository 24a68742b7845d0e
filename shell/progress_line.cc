#include "shell/progress_line.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "common/node_set.h"
#include "common/quantity.h"
#include "shell/exit_code.h"
#include "shell/one_line.h"

namespace muster::clustershell {
namespace {

constexpr std::chrono::seconds kPatience(2);
constexpr std::chrono::milliseconds kBetween(250);
// Folding more of them each time would cost more than the line is worth.
constexpr std::size_t kMostNamed = 1000;

}  // namespace

std::string ProgressText(std::size_t ended, std::size_t total, std::size_t failed,
                         std::chrono::milliseconds elapsed, const std::vector<std::string>& running,
                         std::size_t columns) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
  std::string text = absl::StrCat(ended, " of ", total, total == 1 ? " node" : " nodes");
  if (failed > 0) absl::StrAppend(&text, ", ", failed, " failed");
  absl::StrAppend(&text, ", ", FormatDuration(seconds));
  if (!running.empty()) {
    absl::StrAppend(&text, "; ", Fold(running), running.size() == 1 ? " still runs" : " still run");
  }
  return Cut(text, columns);
}

ProgressLine::ProgressLine(Output& output, std::vector<std::string> nodes, bool at_once,
                           bool is_quiet)
    : output_(output),
      nodes_(std::move(nodes)),
      is_shown_(output.IsTerminal(Output::Stream::kStderr) && (!is_quiet || at_once)),
      has_ended_(nodes_.size(), false),
      begun_(Clock::now()),
      next_(at_once ? begun_ : begun_ + kPatience) {}

void ProgressLine::OnEnd(std::size_t node, const Outcome& outcome) {
  has_ended_[node] = true;
  ++ended_;
  if (ExitOf(outcome) != kExitOk) ++failed_;
}

void ProgressLine::Show() {
  const auto now = Clock::now();
  if (!is_shown_ || now < next_) return;
  next_ = now + kBetween;
  is_drawn_ = true;
  std::vector<std::string> running;
  if (nodes_.size() - ended_ <= kMostNamed) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!has_ended_[i]) running.push_back(nodes_[i]);
    }
  }
  // A full line would wrap.
  const std::size_t columns = std::min<std::size_t>(output_.columns(Output::Stream::kStderr), 200);
  output_.Raw(
      Output::Stream::kStderr,
      absl::StrCat("\r",
                   ProgressText(ended_, nodes_.size(), failed_,
                                std::chrono::duration_cast<std::chrono::milliseconds>(now - begun_),
                                running, columns - 1),
                   "\x1b[K"));
}

void ProgressLine::Wipe() {
  if (!is_drawn_) return;
  output_.Raw(Output::Stream::kStderr, "\r\x1b[K");
  is_drawn_ = false;
}

std::chrono::steady_clock::time_point ProgressLine::next() const {
  return is_shown_ ? next_ : Clock::time_point::max();
}

}  // namespace muster::clustershell
