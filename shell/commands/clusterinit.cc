// clusterinit, clusterdelete, clusterhelp: the configuration of a cluster, as python_cluster's
// prompt makes and removes it.
#include "shell/cluster_init.h"

#include <absl/strings/str_cat.h>

#include <string>
#include <utility>

#include "shell/cluster_section.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/question.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kDeleteFlags[] = {{'y', "--yes"}};

std::string ClusterOf(const Shell& shell) {
  return shell.nodes().empty() ? "default" : shell.nodes().front().cluster;
}

// Whether the nodes of this shell have no configuration and never will; then that was said.
bool IsLocal(Shell& shell, const char* command) {
  if (!shell.settings().configuration.empty() || ClusterOf(shell) != "local") return false;
  shell.output().Note(absl::StrCat(
      command, ": these nodes were started for this shell (--local) and have no configuration"));
  return true;
}

int Init(Shell& shell, absl::string_view rest) {
  if (IsLocal(shell, "clusterinit")) return kExitUsage;
  const std::string cluster = ClusterOf(shell);
  const int exit_code = InitCluster(shell.signals(), shell.output(), shell.settings().configuration,
                                    cluster, rest, shell.is_interactive());
  if (exit_code != kExitOk) return exit_code;
  ShellSettings settings = shell.settings();
  if (settings.configuration.empty()) settings.configuration = OwnConfigurationPath();
  Result<ClusterAPI> opened = ClusterAPI::connect(cluster, settings.configuration);
  if (!opened.ok()) {
    shell.output().Note(opened.status().message());
    return kExitUsage;
  }
  shell.set_cluster(std::move(opened).value(), std::move(settings.configuration));
  return kExitOk;
}

int Delete(Shell& shell, absl::string_view rest) {
  const bool is_sure = FindFlag(kDeleteFlags, rest) != nullptr;
  if (!is_sure && !rest.empty()) {
    return shell.Usage("clusterdelete", absl::StrCat("it takes no '", rest, "'"));
  }
  if (IsLocal(shell, "clusterdelete")) return kExitUsage;
  const std::string cluster = ClusterOf(shell);
  const std::string& path = shell.settings().configuration;
  if (path.empty()) {
    shell.output().Note("clusterdelete: there is no configuration");
    return kExitFailed;
  }
  if (!is_sure && !shell.is_interactive()) {
    return shell.Usage("clusterdelete", "nobody is there to ask, so -y has to stand behind it");
  }
  if (!is_sure && !AskYesNo(shell.signals(), shell.output(),
                            absl::StrCat("Are you sure that [cluster ", cluster, "] of ", path,
                                         " is to go? [y/n] "))) {
    shell.output().Note("Aborted");
    return kExitFailed;
  }
  if (const absl::Status status = RemoveCluster(path, cluster); !status.ok()) {
    shell.output().Note(absl::StrCat("clusterdelete: ", status.message()));
    return kExitFailed;
  }
  shell.output().Note("Configuration removed");
  shell.output().Note(
      absl::StrCat("the file as it was is ", path, "~; this shell keeps its nodes until it ends"));
  return kExitOk;
}

int Help(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("clusterhelp", absl::StrCat("it takes no '", rest, "'"));
  Table table({{"command"}, {"what it does"}});
  for (const ShellCommand* command :
       {&kClusterinitCommand, &kClusterdeleteCommand, &kClustercheckCommand,
        &kClustertestprogCommand, &kConnectCommand, &kLoadCommand, &kListmodulesCommand,
        &kLastCommand, &kDebugCommand}) {
    table.Add({command->usage, command->summary});
  }
  shell.output().Out(table.Render(shell.output().columns()));
  shell.output().Note("'help' lists all commands");
  return kExitOk;
}

}  // namespace

const ShellCommand kClusterinitCommand = {
    "clusterinit",
    "clusterinit [HOST[:PORT]...]",
    "write machines into the configuration",
    "  clusterinit                      asks for them, at a terminal\n"
    "  clusterinit web1 web2 db1:2222   through ssh, which has to reach them\n"
    "  clusterinit localhost big=ssh:alice@host9\n"
    "They are added to the cluster that is in use, or to [cluster default] of a new file; one "
    "that\n"
    "is there is not added again. From then on the shell has them.\n",
    ShellCommand::Argument::kNone,
    &Init,
};

const ShellCommand kClusterdeleteCommand = {
    "clusterdelete",
    "clusterdelete [-y]",
    "remove the cluster from the configuration",
    "  clusterdelete       asks first\n"
    "  clusterdelete -y    does not\n"
    "Nothing on the machines changes. The file as it was stays beside it, with ~ behind its "
    "name.\n",
    ShellCommand::Argument::kNone,
    &Delete,
    false,
    false,
    false,
    [] { return NamesOf(kDeleteFlags); },
};

const ShellCommand kClusterhelpCommand = {
    "clusterhelp",
    "clusterhelp",
    "list the commands that python_cluster had",
    "  clusterhelp\n",
    ShellCommand::Argument::kNone,
    &Help,
};

}  // namespace muster::clustershell
