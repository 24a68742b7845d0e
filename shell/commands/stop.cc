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
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/short_id.h"

namespace muster::clustershell {
namespace {

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

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  const absl::StatusOr<std::vector<std::string>> words = SplitWords(behind);
  if (!words.ok()) return shell.Usage("stop", words.status().message());
  if (words->empty()) return shell.Usage("stop", "it needs a target and an id");
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
    "stop TARGET ID [GRACE]",
    "stop a command by its id, whichever program started it",
    "  stop n1 3f9a01bc-7       over its own grace\n"
    "  stop * 3f9a01bc-7 500ms  wherever it runs, and killed after half a second\n"
    "`ps` lists the ids; of the digits in front of the - those are enough that tell it apart. It "
    "has\n"
    "to be yours. The command gets SIGINT, at half the grace SIGTERM, at its end SIGKILL, with "
    "all\n"
    "its processes; who started it is told `cancelled`. This one returns when the node has taken "
    "the\n"
    "order. The exit code is 1 when nothing of this id runs there.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
