#include "shell/line_run.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "shell/absent_nodes.h"
#include "shell/exit_code.h"
#include "shell/group_fold.h"

namespace muster::clustershell {

LineRun::LineRun(Shell& shell, std::shared_ptr<FanOut> fan_out,
                 const std::vector<std::string>& nodes, const LineOptions& options, Output& output)
    : shell_(shell),
      fan_out_(std::move(fan_out)),
      options_(options),
      output_(output),
      record_(
          std::make_unique<LineRecord>(nodes, shell.keeps_output() ? LineRecord::kMaxBytes : 0)),
      states_(nodes.size()),
      outcomes_(nodes.size()),
      exit_code_(kExitOk) {
  std::string problem;
  const GroupFold groups =
      options_.report.names_groups ? GroupFold::Of(shell.cluster(), &problem) : GroupFold();
  if (!problem.empty()) shell.output().Note(absl::StrCat("there are no groups: ", problem));
  ReportStyle style = options_.report;
  style.is_summed_up_later = !options_.pipe_to.empty();  // when its reader has had the last word
  report_ = Report::Make(style, nodes, output_, shell.shows_tracebacks(), groups);
  for (std::size_t i = 0; i < nodes.size(); ++i) outcomes_[i].node = nodes[i];
}

bool LineRun::Go() {
  shell_.signals().SetRunning(fan_out_);
  std::vector<std::string> nodes;
  for (const Outcome& outcome : outcomes_) nodes.push_back(outcome.node);
  progress_ = std::make_unique<ProgressLine>(shell_.output(), std::move(nodes),
                                             options_.shows_progress, options_.report.is_quiet);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == State::kEnded) progress_->OnEnd(i, outcomes_[i]);
  }
  while (!has_ended_ && !DoAllWait()) {
    if (std::optional<FanOut::Happening> happening = fan_out_->Next(progress_->next())) {
      Take(*happening);
    } else {
      TakeAllEnded();
    }
  }
  progress_ = nullptr;
  shell_.signals().SetRunning(nullptr);  // while it waits, Ctrl-C is for the line that is typed
  return has_ended_;
}

bool LineRun::Look() {
  while (!has_ended_) {
    std::optional<FanOut::Happening> happening = fan_out_->Next(std::chrono::steady_clock::now());
    if (!happening) {
      TakeAllEnded();
    } else if (happening->kind == FanOut::Happening::Kind::kNothing) {
      break;
    } else {
      Take(*happening);
    }
  }
  return has_ended_;
}

void LineRun::Interrupt(int times) {
  is_stopping_ = true;
  fan_out_->Interrupt(times);
}

std::vector<std::string> LineRun::waiting() const {
  std::vector<std::string> nodes;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == State::kWaiting) nodes.push_back(outcomes_[i].node);
  }
  return nodes;
}

bool LineRun::IsWaiting(const std::string& node) const {
  const std::vector<std::string> nodes = waiting();
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

void LineRun::Answer(const std::string& node, const std::string& input) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != State::kWaiting || outcomes_[i].node != node) continue;
    states_[i] = State::kRunning;
    fan_out_->Write(i, input);
  }
}

void LineRun::EndInput() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == State::kEnded) continue;
    states_[i] = State::kRunning;
    fan_out_->EndInput(i);
  }
}

void LineRun::Take(FanOut::Happening& happening) {
  using Kind = FanOut::Happening::Kind;
  if (progress_ && happening.kind != Kind::kNothing) progress_->Wipe();
  switch (happening.kind) {
    case Kind::kOutput:
      if (happening.event.stream == Event::Stream::kWaiting) {
        states_[happening.call] = State::kWaiting;
        report_->OnWaiting(happening.call);
        break;
      }
      report_->OnOutput(happening.call, happening.event);
      record_->OnOutput(happening.call, happening.event);
      // Nobody reads what the nodes print: let them stop, too.
      if (output_.error() != 0) fan_out_->Cancel();
      break;
    case Kind::kEnded:
      TakeEnd(happening.call, happening.outcome);
      break;
    case Kind::kInterrupted:
      is_stopping_ = true;
      shell_.SayStopping(happening.times);
      break;
    case Kind::kNothing:
      progress_->Show();
      break;
  }
}

void LineRun::TakeEnd(std::size_t node, Outcome& outcome) {
  states_[node] = State::kEnded;
  outcome.node = outcomes_[node].node;
  if (options_.skips_absent) SkipIfAbsent(outcome);
  if (progress_) progress_->OnEnd(node, outcome);
  if (output_.error() == 0) report_->OnEnd(node, outcome);
  record_->OnEnd(node, outcome);
  exit_code_ = options_.returns_remote_code ? std::max(exit_code_, RemoteCodeOf(outcome))
                                            : WorseExit(exit_code_, ExitOf(outcome));
  outcomes_[node] = std::move(outcome);
}

void LineRun::TakeAllEnded() {
  has_ended_ = true;
  if (progress_) progress_->Wipe();
  elapsed_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun_);
  record_->OnAllEnded(elapsed_);
  if (output_.error() == 0) report_->OnAllEnded(outcomes_, elapsed_);
  if (options_.skips_absent && AreAllSkipped(outcomes_)) exit_code_ = kExitUnreachable;
}

bool LineRun::DoAllWait() const {
  return !is_stopping_ &&
         std::find(states_.begin(), states_.end(), State::kWaiting) != states_.end() &&
         std::find(states_.begin(), states_.end(), State::kRunning) == states_.end();
}

}  // namespace muster::clustershell
