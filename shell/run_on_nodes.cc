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
#include "shell/execution_hooks.h"
#include "shell/exit_code.h"
#include "shell/fan_out.h"
#include "shell/input_feeder.h"
#include "shell/line_run.h"
#include "shell/local_pipe.h"
#include "shell/one_line.h"
#include "shell/reports/live_report.h"
#include "shell/waiting_lines.h"

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
  if (options.asks.value_or(false) && !options.execution.session.empty()) {
    return "--ask is for a plain line: what runs in a session finds the end of its input at once";
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

// Whether its standard input stays open for answers. Python asks only when that was asked for: most
// of it is short, and goes the fast way.
bool Asks(const Shell& shell, const Command& command, const LineOptions& options) {
  const bool by_default = shell.is_interactive() && command.kind == Command::Kind::kShell;
  return options.asks.value_or(by_default) && !options.reads_input && options.pipe_to.empty() &&
         !options.is_in_background && options.execution.session.empty();
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
  const bool asks = options.execution.tells_waiting;
  if (options.fanout == 0 || options.fanout >= targets.size()) {
    return std::make_shared<FanOut>(asks ? cluster.interact(targets, command, options.execution)
                                         : cluster.execute(targets, command, options.execution),
                                    pace);
  }
  return std::make_shared<FanOut>(
      targets.size(),
      [&cluster, asks, targets, command, execution = options.execution](std::size_t i) {
        const ExecuteOptions one = AsOneOf(targets.size(), i, execution);
        return asks ? cluster.interact(targets[i], command, one)
                    : cluster.execute(targets[i], command, one);
      },
      pace);
}

// Says where the session of this shell is gone, in front of the line that begins another. Whether
// the line may run: it was not interrupted meanwhile.
bool UseSticky(Shell& shell, const std::vector<Node>& nodes) {
  const std::vector<std::string> lost = shell.sticky().FindLost(shell.cluster(), nodes);
  if (shell.signals().interrupts() > 0) {
    // The terminal has just shown ^C in the middle of a line.
    if (shell.output().IsTerminal(Output::Stream::kStderr)) {
      shell.output().Raw(Output::Stream::kStderr, "\n");
    }
    shell.output().Note(
        "interrupted while it was asked whether the sessions are still there; nothing was sent");
    return false;
  }
  shell.sticky().Use(nodes, lost);
  if (lost.empty()) return true;
  const bool is_one = lost.size() == 1;
  shell.output().Note(absl::StrCat(
      Fold(lost), is_one ? ": the session of this shell has" : ": the sessions of this shell have",
      " ended there (was the node restarted?); a new one begins, without the folder, variables "
      "and jobs of before"));
  return true;
}

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

// The exit code of a line whose output went into a command of this machine.
int FinishPipe(Shell& shell, LocalPipe& pipe, const Output& piped, const LineRun& run,
               const LineOptions& options) {
  const int local = pipe.Finish(shell.signals());
  if (piped.error() == 0) SumUp(options.report, run.outcomes(), run.elapsed(), shell.output());
  // That it read no more is no failure of the nodes, which were stopped for it.
  return run.exit_code() == kExitOk || piped.error() != 0 ? local : run.exit_code();
}

}  // namespace

int RunOnNodes(Shell& shell, absl::string_view target, const Command& command,
               const LineOptions& options) {
  const bool assumed_yes = shell.assumes_yes();
  shell.set_assumes_yes(assumed_yes || options.assumes_yes);
  const ChosenNodes chosen = ChooseNodes(shell, target);
  shell.set_assumes_yes(assumed_yes);
  if (chosen.nodes.empty()) return chosen.exit_code;
  return RunOnNodes(shell, chosen.nodes, command, options);
}

int RunOnNodes(Shell& shell, const std::vector<Node>& given_nodes, const Command& given_command,
               const LineOptions& given) {
  LineOptions options = given;
  std::vector<Node> nodes = given_nodes;
  Command command = given_command;
  if (!options.is_dry) {
    if (const auto exit_code = AskHooks(shell, nodes, command, options)) return *exit_code;
  }
  options.execution.tells_waiting = Asks(shell, command, options);
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
  const bool is_sticky = options.execution.session == shell.sticky().name();
  if (is_sticky && !UseSticky(shell, nodes)) return kExitInterrupted;
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
  Job& job = shell.jobs().Begin(shell.line(), names, command, options);
  job.front =
      std::make_unique<LineRun>(shell, fan_out, names, options, piped ? *piped : shell.output());
  if (!pipe && !is_sticky) return GoOn(shell, job);
  job.front->Go();  // it never waits: what it reads is empty
  if (is_sticky) shell.sticky().Ran(job.front->outcomes());
  const int exit_code =
      pipe ? FinishPipe(shell, *pipe, *piped, *job.front, options) : job.front->exit_code();
  shell.jobs().EndFront(job);
  return exit_code;
}

}  // namespace muster::clustershell
