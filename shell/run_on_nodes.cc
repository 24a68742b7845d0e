#include "shell/run_on_nodes.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shell/absent_nodes.h"
#include "shell/chosen_nodes.h"
#include "shell/exit_code.h"
#include "shell/fan_out.h"
#include "shell/reports/report.h"

namespace muster::clustershell {
int RunOnNodes(Shell& shell, absl::string_view target, const Command& command,
               const LineOptions& options) {
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  return RunOnNodes(shell, chosen.nodes, command, options);
}

int RunOnNodes(Shell& shell, const std::vector<Node>& nodes, const Command& command,
               const LineOptions& options) {
  Output& output = shell.output();
  std::vector<std::string> names;
  std::vector<Target> targets;
  for (const Node& node : nodes) {
    names.push_back(node.name);
    targets.emplace_back(node.index);
  }
  const std::unique_ptr<Report> report =
      Report::Make(options.report, names, output, shell.shows_tracebacks());
  const auto fan_out =
      std::make_shared<FanOut>(shell.cluster().execute(targets, command, options.execution));
  shell.signals().SetRunning(fan_out);

  std::vector<Outcome> outcomes(names.size());
  int exit_code = kExitOk;
  while (std::optional<FanOut::Happening> happening = fan_out->Next()) {
    switch (happening->kind) {
      case FanOut::Happening::Kind::kOutput:
        report->OnOutput(happening->call, happening->event);
        // Nobody reads what the nodes print: let them stop, too.
        if (output.error() != 0) fan_out->Cancel();
        break;
      case FanOut::Happening::Kind::kEnded:
        if (options.skips_absent) SkipIfAbsent(happening->outcome);
        if (output.error() == 0) report->OnEnd(happening->call, happening->outcome);
        exit_code = options.returns_remote_code
                        ? std::max(exit_code, RemoteCodeOf(happening->outcome))
                        : WorseExit(exit_code, ExitOf(happening->outcome));
        outcomes[happening->call] = std::move(happening->outcome);
        break;
      case FanOut::Happening::Kind::kInterrupted:
        shell.SayStopping(happening->times);
        break;
    }
  }
  if (output.error() == 0) report->OnAllEnded(outcomes);
  if (options.skips_absent && AreAllSkipped(outcomes)) return kExitUnreachable;
  return exit_code;
}

}  // namespace muster::clustershell
