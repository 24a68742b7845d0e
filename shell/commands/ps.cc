// ps [TARGET]: what runs and waits on the nodes.
#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/quantity.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/short_id.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

constexpr std::chrono::seconds kTimeout(5);

struct Row {
  const Node* node = nullptr;
  const RunningExecution* execution = nullptr;
};

// On another machine the number may be somebody else.
std::string UserOf(const Row& row) {
  std::string number = absl::StrCat(row.execution->user_id);
  if (!absl::StartsWith(row.node->address, "unix:")) return number;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwuid_r(static_cast<uid_t>(row.execution->user_id), &entry, buffer.data(), buffer.size(),
               &found);
  return found == nullptr ? number : std::string(found->pw_name);
}

std::string StateOf(const RunningExecution& execution) {
  if (execution.stopping) return "stopping";
  return execution.queued ? "queued" : "running";
}

std::vector<Row> RowsOf(const NodeCheck& check) {
  std::vector<Row> rows;
  rows.reserve(check.executions.size());
  for (const RunningExecution& execution : check.executions) {
    rows.push_back({&check.node, &execution});
  }
  // Of equal age: as they were given.
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.execution->age > b.execution->age; });
  return rows;
}

std::string Render(const std::vector<Row>& rows, std::size_t columns) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const Row& row : rows) ids.push_back(row.execution->id);
  ids = Shorten(ids);
  Table table({{"node"},
               {"id"},
               {"user"},
               {"state"},
               {"age", true},
               {"cpu", true},
               {"memory", true},
               {"processes", true},
               {"command"}});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RunningExecution& execution = *rows[i].execution;
    const bool lives = execution.processes > 0;
    const auto cpu = std::chrono::duration_cast<std::chrono::milliseconds>(execution.cpu);
    table.Add({rows[i].node->name, ids[i], UserOf(rows[i]), StateOf(execution),
               FormatDuration(execution.age), lives ? FormatDuration(cpu) : "-",
               lives ? FormatSize(execution.memory_bytes) : "-",
               lives ? absl::StrCat(execution.processes) : "-", execution.command});
  }
  return table.Render(columns);
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  if (!behind.empty()) return shell.Usage("ps", absl::StrCat("it takes no '", behind, "'"));
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  const ClusterCheck check = shell.cluster().clustercheck(chosen.nodes, kTimeout, true);
  std::vector<Row> rows;
  int exit_code = kExitOk;
  for (const NodeCheck& node : check.nodes) {
    const std::vector<Row> found = RowsOf(node);
    rows.insert(rows.end(), found.begin(), found.end());
    if (node.functional) continue;
    shell.output().NodeLines(Output::Stream::kStderr, node.node.name, node.reason);
    exit_code = kExitUnreachable;
  }
  shell.output().Out(Render(rows, shell.output().columns()));
  return exit_code;
}

}  // namespace

const ShellCommand kPsCommand = {
    "ps",
    "ps [TARGET]",
    "list what runs and waits on the nodes",
    "  ps           on all nodes\n"
    "  ps n1,gpu*   on these; 'help targets' says how nodes are named\n"
    "One line for each command, the oldest of a node first: who started it, whether it runs, "
    "waits\n"
    "for a free worker (queued) or was told to end (stopping), since when; the CPU time, the "
    "memory\n"
    "and the number of its processes that live now. The id is that of MUSTER_EXECUTION on the "
    "node,\n"
    "with as many digits as tell it apart; `stop` takes it. The exit code is 4 when a node does "
    "not\n"
    "answer.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
