// stop TARGET ID [GRACE]: ends one command, whoever of us started it.
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/node_set.h"
#include "common/quantity.h"
#include "common/words.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/short_id.h"
#include "shell/started_nodes.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'y', "--yes"}, {0, "--dry-run"}};

// What an id means on the nodes of a target.
struct Search {
  std::vector<std::pair<std::string, std::string>> found;  // node and whole id
  std::set<std::string> ids;                               // of `found`, each once
  std::vector<std::string> searched;                       // names of nodes that answered
  int exit_code = kExitOk;                                 // unreachable: a node did not answer
};

Search Find(Shell& shell, const std::vector<Node>& nodes, const std::string& id) {
  const ClusterCheck check = shell.cluster().clustercheck();
  Search search;
  for (const Node& asked : nodes) {
    const NodeCheck& node = check.nodes[static_cast<std::size_t>(asked.index) - 1];
    const bool answered = !node.version.empty();
    if (!answered) {
      shell.output().NodeLines(Output::Stream::kStderr, node.node.name, node.reason);
      search.exit_code = kExitUnreachable;
      continue;
    }
    search.searched.push_back(node.node.name);
    for (const RunningExecution& execution : node.executions) {
      if (!Means(id, execution.id)) continue;
      search.found.emplace_back(node.node.name, execution.id);
      search.ids.insert(execution.id);
    }
  }
  return search;
}

int StopAll(Shell& shell, const Search& search, const std::string& id,
            std::optional<std::chrono::milliseconds> grace) {
  int exit_code = search.exit_code;
  for (const auto& [node, whole_id] : search.found) {
    const Status status = shell.cluster().cancel(node, whole_id, grace);
    if (status.ok()) {
      shell.output().NodeLines(Output::Stream::kStdout, node, absl::StrCat("stopping ", id));
      continue;
    }
    shell.output().NodeLines(Output::Stream::kStderr, node, status.message());
    exit_code = WorseExit(
        exit_code, status.code() == StatusCode::kUnavailable ? kExitUnreachable : kExitFailed);
  }
  return exit_code;
}

// The nodes of a target, or the commands of an id wherever they run, as the word is one or the
// other.
int StopNodes(Shell& shell, absl::string_view target, const CommandWords& words);

int StopCommand(Shell& shell, absl::string_view target, const std::vector<std::string>& words);

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  const auto words = CommandWords::Parse(behind, kFlags);
  if (!words.ok()) return shell.Usage("stop", words.status().message());
  if (target.empty()) return shell.Usage("stop", "it needs a target");
  if (words->rest().empty()) return StopNodes(shell, target, *words);
  if (words->Has("--yes") || words->Has("--dry-run")) {
    return shell.Usage("stop", "-y and --dry-run are for nodes, and a command is stopped at once");
  }
  if (shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would run: stop ", rest, "\n"));
    return kExitOk;
  }
  return StopCommand(shell, target, words->rest());
}

int StopNodes(Shell& shell, absl::string_view target, const CommandWords& words) {
  const std::string id(target);
  if (IsIdOrShort(id)) {
    const bool is_node = shell.cluster().nodes(Target(id)).ok();
    const bool is_command = !shell.nodes().empty() && !Find(shell, shell.nodes(), id).found.empty();
    if (is_node && is_command) {
      return shell.Usage(
          "stop",
          absl::StrCat("'", id, "' is a node and the id of a command; `stop * ", id,
                       "` stops the command, `stop name=", id, "` the node; nothing was stopped"));
    }
    if (!is_node) return StopCommand(shell, "*", {id});
  }
  const StartedNodes nodes = ChooseStartedNodes(shell, "stop", target);
  if (nodes.cluster == nullptr) return nodes.exit_code;
  return StopStartedNodes(shell, "stop", nodes, false, words.Has("--yes"), words.Has("--dry-run"));
}

int StopCommand(Shell& shell, absl::string_view target, const std::vector<std::string>& given) {
  const std::vector<std::string>* const words = &given;
  if (words->size() > 2)
    return shell.Usage("stop", absl::StrCat("it takes no '", (*words)[2], "'"));
  const std::string& id = (*words)[0];
  if (!IsIdOrShort(id)) {
    return shell.Usage("stop", absl::StrCat("'", id, "' is no id, as `ps` lists them"));
  }
  std::optional<std::chrono::milliseconds> grace;
  if (words->size() == 2) {
    const auto parsed = ParseDuration((*words)[1]);
    if (!parsed.ok()) return shell.Usage("stop", parsed.status().message());
    grace = *parsed;
  }
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  const Search search = Find(shell, chosen.nodes, id);
  if (search.ids.size() > 1) {
    return shell.Usage("stop",
                       absl::StrCat("'", id, "' may be each of ", absl::StrJoin(search.ids, ", "),
                                    ", so nothing was stopped"));
  }
  if (search.found.empty() && !search.searched.empty()) {
    shell.output().Note(absl::StrCat("stop: nothing with the id ", id, " runs or waits on ",
                                     Fold(search.searched), " ('ps' lists what does)"));
    return WorseExit(search.exit_code, kExitFailed);
  }
  return StopAll(shell, search, id, grace);
}

}  // namespace

const ShellCommand kStopCommand = {
    "stop",
    "stop TARGET [-y] [--dry-run] | stop TARGET ID [GRACE]",
    "stop nodes, or a command by its id, whichever program started it",
    "  stop 1,3,4               nodes of a cluster that `cluster start` made, by index\n"
    "  stop worker*             by name; it shows them and asks, -y does not ask\n"
    "  stop cluster=slurm1      of another cluster\n"
    "A node that is stopped stays in its cluster, and `start` starts it again; `terminate` "
    "removes\n"
    "it.\n"
    "  stop n1 3f9a01bc-7       a command, over its own grace\n"
    "  stop * 3f9a01bc-7 500ms  wherever it runs, and killed after half a second\n"
    "  stop 3f9a01bc-7          the same\n"
    "`ps` lists the ids; of the digits in front of the - those are enough that tell it apart. It "
    "has\n"
    "to be yours. The command gets SIGINT, at half the grace SIGTERM, at its end SIGKILL, with "
    "all\n"
    "its processes; who started it is told `cancelled`. This one returns when the node has taken "
    "the\n"
    "order. The exit code is 1 when nothing of this id runs there.\n",
    ShellCommand::Argument::kTarget,
    &Run,
    false,
    true,
    false,
    [] { return NamesOf(kFlags); },
};

}  // namespace muster::clustershell
