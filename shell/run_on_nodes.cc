#include "shell/run_on_nodes.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/node_set.h"
#include "shell/chosen_nodes.h"
#include "shell/exit_code.h"
#include "shell/fan_out.h"
#include "shell/input_feeder.h"
#include "shell/line_record.h"
#include "shell/local_pipe.h"
#include "shell/one_line.h"
#include "shell/progress_line.h"
#include "shell/reports/live_report.h"
#include "shell/reports/report.h"

namespace muster::clustershell {
namespace {

// What is wrong with the flags of a line together, or where it stands; empty: nothing.
std::string WhyNot(const Shell& shell, const LineOptions& options) {
  if (options.reads_input && !shell.input_is_free()) {
    return "--stdin would read the standard input that these lines come from; give the line as -c "
           "LINE or in --file FILE";
  }
  if (options.reads_input && options.fanout > 0) {
    return "--stdin goes to all nodes at once, so it does not go with --fanout";
  }
  if (options.is_in_background && (options.reads_input || !options.pipe_to.empty())) {
    return "--bg does not go with --stdin, nor with !|";
  }
  return "";
}

void TellDry(Shell& shell, const std::vector<std::string>& names, const Command& command) {
  const bool is_python = command.kind == Command::Kind::kPython;
  shell.output().Out(absl::StrCat("would run on ", Fold(names), " (", names.size(),
                                  names.size() == 1 ? " node)" : " nodes)",
                                  is_python ? ", Python: " : ": ", OneLine(command.source), "\n"));
}

// Each is sent as one of all, however many are sent at once.
ExecuteOptions AsOneOf(std::size_t size, std::size_t rank, ExecuteOptions options) {
  options.size = static_cast<std::uint32_t>(size);
  options.rank = static_cast<std::uint32_t>(rank);
  return options;
}

std::shared_ptr<FanOut> StartAll(Shell& shell, const std::vector<Target>& targets,
                                 const Command& command, const LineOptions& options,
                                 std::optional<InputFeeder>& feeder) {
  ClusterAPI& cluster = shell.cluster();
  const FanOut::Pace pace{options.fanout, options.connect_timeout};
  if (options.reads_input) {
    std::vector<Call> calls;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      calls.push_back(
          cluster.interact(targets[i], command, AsOneOf(targets.size(), i, options.execution)));
    }
    feeder.emplace(STDIN_FILENO, calls);
    return std::make_shared<FanOut>(std::move(calls), pace);
  }
  if (options.fanout == 0 || options.fanout >= targets.size()) {
    return std::make_shared<FanOut>(cluster.execute(targets, command, options.execution), pace);
  }
  return std::make_shared<FanOut>(
      targets.size(),
      [&cluster, targets, command, execution = options.execution](std::size_t i) {
        return cluster.execute(targets[i], command, AsOneOf(targets.size(), i, execution));
      },
      pace);
}

// One line, from its first output to its last word.
class LineRun {
 public:
  LineRun(Shell& shell, const std::vector<std::string>& names, const LineOptions& options,
          Output& output)
      : shell_(shell),
        options_(options),
        output_(output),
        progress_(shell.output(), names, options.shows_progress, options.report.is_quiet),
        record_(
            std::make_unique<LineRecord>(names, shell.keeps_output() ? LineRecord::kMaxBytes : 0)),
        outcomes_(names.size()) {
    std::string problem;
    const GroupFold groups =
        options.report.names_groups ? GroupFold::Of(shell.cluster(), &problem) : GroupFold();
    if (!problem.empty()) shell.output().Note(absl::StrCat("there are no groups: ", problem));
    ReportStyle style = options.report;
    style.is_summed_up_later = !options.pipe_to.empty();  // when its reader has had the last word
    report_ = Report::Make(style, names, output, shell.shows_tracebacks(), groups);
    for (std::size_t i = 0; i < names.size(); ++i) outcomes_[i].node = names[i];
  }

  // Returns the exit code.
  int Run(FanOut& fan_out) {
    const auto begun = std::chrono::steady_clock::now();
    while (std::optional<FanOut::Happening> happening = fan_out.Next(progress_.next())) {
      Take(*happening, fan_out);
    }
    progress_.Wipe();
    elapsed_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    record_->OnAllEnded(elapsed_);
    if (output_.error() == 0) report_->OnAllEnded(outcomes_, elapsed_);
    return exit_code_;
  }

  const std::vector<Outcome>& outcomes() const { return outcomes_; }
  std::chrono::milliseconds elapsed() const { return elapsed_; }
  std::unique_ptr<LineRecord> TakeRecord() { return std::move(record_); }

 private:
  void Take(FanOut::Happening& happening, FanOut& fan_out) {
    switch (happening.kind) {
      case FanOut::Happening::Kind::kOutput:
        progress_.Wipe();
        report_->OnOutput(happening.call, happening.event);
        record_->OnOutput(happening.call, happening.event);
        // Nobody reads what the nodes print: let them stop, too.
        if (output_.error() != 0) fan_out.Cancel();
        break;
      case FanOut::Happening::Kind::kEnded:
        TakeEnd(happening.call, happening.outcome);
        break;
      case FanOut::Happening::Kind::kInterrupted:
        progress_.Wipe();
        shell_.SayStopping(happening.times);
        break;
      case FanOut::Happening::Kind::kNothing:
        progress_.Show();
        break;
    }
  }

  void TakeEnd(std::size_t node, Outcome& outcome) {
    outcome.node = outcomes_[node].node;
    progress_.Wipe();
    progress_.OnEnd(node, outcome);
    if (output_.error() == 0) report_->OnEnd(node, outcome);
    record_->OnEnd(node, outcome);
    exit_code_ = options_.returns_remote_code ? std::max(exit_code_, RemoteCodeOf(outcome))
                                              : WorseExit(exit_code_, ExitOf(outcome));
    outcomes_[node] = std::move(outcome);
  }

  Shell& shell_;
  const LineOptions& options_;
  Output& output_;
  ProgressLine progress_;
  std::unique_ptr<LineRecord> record_;
  std::unique_ptr<Report> report_;
  std::vector<Outcome> outcomes_;
  std::chrono::milliseconds elapsed_{0};
  int exit_code_ = kExitOk;
};

int StartJob(Shell& shell, std::shared_ptr<FanOut> fan_out, const std::vector<std::string>& names,
             const Command& command, const LineOptions& options) {
  Job& job = shell.jobs().Begin(shell.line(), names, command, options);
  job.run = std::make_unique<BackgroundRun>(std::move(fan_out), names);
  if (!options.report.is_quiet) {
    shell.output().Note(absl::StrCat("[", job.id, "] runs on ", Fold(names),
                                     " ('jobs' lists it, 'cancel ", job.id, "' stops it)"));
  }
  return kExitOk;
}

}  // namespace

int RunOnNodes(Shell& shell, absl::string_view target, const Command& command,
               const LineOptions& options) {
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  return RunOnNodes(shell, chosen.nodes, command, options);
}

int RunOnNodes(Shell& shell, const std::vector<Node>& nodes, const Command& command,
               const LineOptions& options) {
  if (const std::string why_not = WhyNot(shell, options); !why_not.empty()) {
    shell.output().Note(why_not);
    return kExitUsage;
  }
  std::vector<std::string> names;
  std::vector<Target> targets;
  for (const Node& node : nodes) {
    names.push_back(node.name);
    targets.emplace_back(node.index);
  }
  if (options.is_dry) {
    TellDry(shell, names, command);
    return kExitOk;
  }
  std::optional<LocalPipe> pipe;
  if (!options.pipe_to.empty()) {
    absl::StatusOr<LocalPipe> started = LocalPipe::Start(options.pipe_to);
    if (!started.ok()) {
      shell.output().Note(
          absl::StrCat("!| ", options.pipe_to, ": ", std::string(started.status().message())));
      return kExitFailed;
    }
    pipe = *std::move(started);
  }
  std::optional<Output> piped;
  if (pipe) piped.emplace(pipe->fd(), STDERR_FILENO);

  std::optional<InputFeeder> feeder;
  const std::shared_ptr<FanOut> fan_out = StartAll(shell, targets, command, options, feeder);
  if (options.is_in_background) return StartJob(shell, fan_out, names, command, options);
  shell.signals().SetRunning(fan_out);
  Job& job = shell.jobs().Begin(shell.line(), names, command, options);
  LineRun run(shell, names, options, piped ? *piped : shell.output());
  int exit_code = run.Run(*fan_out);
  if (pipe) {
    const int local = pipe->Finish(shell.signals());
    // That it read no more is no failure of the nodes, which were stopped for it.
    if (exit_code == kExitOk || piped->error() != 0) exit_code = local;
    if (piped->error() == 0) {
      SumUp(options.report, run.outcomes(), run.elapsed(), shell.output());
    }
  }
  shell.jobs().End(job, run.outcomes(), run.elapsed(), exit_code);
  job.record = run.TakeRecord();
  return exit_code;
}

}  // namespace muster::clustershell
