#include "shell/local_program.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "shell/cluster_file.h"
#include "shell/execution_hooks.h"
#include "shell/exit_code.h"
#include "shell/fan_out.h"
#include "shell/program_environment.h"
#include "shell/program_printer.h"

namespace muster::clustershell {
namespace {

std::map<std::string, std::string> Environment(const Shell& shell,
                                               const std::string& cluster_file) {
  std::map<std::string, std::string> environment = ProgramEnvironment();
  environment["MUSTER_CONFIG"] = cluster_file;
  environment["MUSTER_SHELL"] = OwnProgram();
  if (!shell.nodes().empty()) environment["MUSTER_CLUSTER"] = shell.nodes().front().cluster;
  // Where the other clusters are.
  const ShellSettings& settings = shell.settings();
  environment["MUSTER_CLUSTERS"] = absl::StrJoin(shell.clusters(), ",");
  environment["MUSTER_CLUSTERS_FILE"] = settings.configuration;
  if (shell.shows_tracebacks()) environment["MUSTER_DEBUG"] = "yes";
  return environment;
}

int ExitOfProgram(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kOk:
    case Outcome::Kind::kFailed:
      return outcome.exit_code;
    case Outcome::Kind::kSignalled:
      return 128 + outcome.signal;
    default:
      return ExitOf(outcome);
  }
}

}  // namespace

int RunLocalProgram(Shell& shell, const std::string& title,
                    const std::vector<std::string>& arguments) {
  Output& output = shell.output();
  Result<std::vector<NodeGroup>> groups = shell.cluster().groups();
  if (!groups.ok()) {
    output.Note(absl::StrCat("run ", title, ": it gets no groups: ", groups.status().message()));
    groups = std::vector<NodeGroup>();
  }
  const auto cluster_file = ClusterFile::Write(shell.view().UsedNodes(), *groups);
  if (!cluster_file.ok()) {
    output.Note(absl::StrCat("run ", title, ": ", std::string(cluster_file.status().message())));
    return kExitFailed;
  }
  Result<ClusterAPI> host = ClusterAPI::local(1, 1);
  if (!host.ok()) {
    output.Note(absl::StrCat("run ", title, ": cannot start the daemon that runs programs here: ",
                             host.status().message()));
    return kExitUnreachable;
  }
  ExecuteOptions options;
  options.environment = Environment(shell, cluster_file->path());
  std::error_code ignored;
  options.directory = std::filesystem::current_path(ignored).string();
  const std::string text = absl::StrJoin(arguments, " ");
  const std::vector<Node> nodes = shell.view().UsedNodes();
  if (const auto veto = AskHooks(shell, "program", text, nodes, options)) return *veto;
  const auto fan_out =
      std::make_shared<FanOut>(std::vector<Call>{host->execute(1, argv(arguments), options)});
  shell.signals().SetRunning(fan_out);

  ProgramPrinter printer(output);
  Outcome outcome;
  while (std::optional<FanOut::Happening> happening = fan_out->Next()) {
    switch (happening->kind) {
      case FanOut::Happening::Kind::kOutput:
        printer.Take(happening->event);
        if (output.error() != 0) fan_out->Cancel();
        break;
      case FanOut::Happening::Kind::kEnded:
        printer.Finish();
        outcome = std::move(happening->outcome);
        break;
      case FanOut::Happening::Kind::kInterrupted:
        shell.SayStopping(happening->times);
        break;
      case FanOut::Happening::Kind::kNothing:  // only when a time was given
        break;
    }
  }
  TellHooks(shell, "program", text, nodes, options, outcome);
  if (!outcome.ok() && output.error() == 0) {
    output.Note(absl::StrCat(title, ": ", outcome.describe()));
  }
  return ExitOfProgram(outcome);
}

}  // namespace muster::clustershell
