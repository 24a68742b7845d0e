// sessions [TARGET], sessions close NAME [TARGET]: the sessions of the user on the nodes.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/node_set.h"
#include "common/quantity.h"
#include "common/words.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

// Sessions of several nodes that look alike are one row.
struct Row {
  std::chrono::milliseconds age{0};                                   // of the oldest
  std::chrono::milliseconds idle = std::chrono::milliseconds::max();  // of the one used last
  std::vector<std::string> nodes;
};

std::string StateOf(const Session& session) {
  if (session.waiting > 0) return absl::StrCat("running, ", session.waiting, " waiting");
  return session.running ? "running" : "idle";
}

std::string Render(const std::vector<NodeSessions>& answers, std::size_t columns) {
  std::map<std::tuple<std::string, std::string, std::string>, Row> rows;
  for (const NodeSessions& answer : answers) {
    for (const Session& session : answer.sessions) {
      const char* kind = session.kind == SessionKind::kPython ? "python" : "shell";
      Row& row = rows[{session.name, kind, StateOf(session)}];
      row.age = std::max(row.age, session.age);
      row.idle = std::min(row.idle, session.idle);
      row.nodes.push_back(answer.node);
    }
  }
  Table table({{"session"}, {"kind"}, {"state"}, {"age", true}, {"idle", true}, {"nodes"}});
  for (const auto& [shown, row] : rows) {
    const auto& [name, kind, state] = shown;
    table.Add({name, kind, state, FormatDuration(row.age),
               state == "idle" ? FormatDuration(row.idle) : "-", Fold(row.nodes)});
  }
  return table.Render(columns);
}

// Says what went wrong where; the exit code.
int Complain(Shell& shell, const std::vector<NodeSessions>& answers) {
  int exit_code = kExitOk;
  for (const NodeSessions& answer : answers) {
    if (answer.status.ok()) continue;
    shell.output().NodeLines(Output::Stream::kStderr, answer.node, answer.status.message());
    const bool is_away = answer.status.code() == StatusCode::kUnavailable;
    exit_code = WorseExit(exit_code, is_away ? kExitUnreachable : kExitFailed);
  }
  return exit_code;
}

int List(Shell& shell, const std::vector<Target>& targets) {
  const std::vector<NodeSessions> answers = shell.cluster().list_sessions(targets);
  shell.output().Out(Render(answers, shell.output().columns()));
  return Complain(shell, answers);
}

int Close(Shell& shell, const std::vector<Target>& targets, const std::string& name) {
  std::vector<NodeSessions> answers = shell.cluster().close_session(targets, name);
  std::vector<std::string> closed;
  for (const NodeSessions& answer : answers) {
    if (answer.status.ok()) closed.push_back(answer.node);
  }
  if (!closed.empty()) {
    shell.output().Out(absl::StrCat("closed ", name, " on ", Fold(closed), "\n"));
    // Of several nodes some have it; that the others do not is as it should be.
    answers.erase(std::remove_if(answers.begin(), answers.end(),
                                 [](const NodeSessions& answer) {
                                   return answer.status.code() == StatusCode::kNotFound;
                                 }),
                  answers.end());
  }
  return Complain(shell, answers);
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [first, behind_first] = SplitTarget(rest);
  const bool closes = first == "close";
  absl::string_view line = closes ? behind_first : rest;
  std::string name;
  if (closes) {
    const absl::Status status = TakeWord(line, name);
    if (!status.ok()) return shell.Usage("sessions", status.message());
    if (name.empty()) return shell.Usage("sessions", "close needs the name of a session");
    line = StripBlanks(line);
  }
  const auto [target, behind] = SplitTarget(line);
  if (!behind.empty()) return shell.Usage("sessions", absl::StrCat("it takes no '", behind, "'"));
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  std::vector<Target> targets;
  for (const Node& node : chosen.nodes) targets.emplace_back(node.index);
  return closes ? Close(shell, targets, name) : List(shell, targets);
}

}  // namespace

const ShellCommand kSessionsCommand = {
    "sessions",
    "sessions [TARGET] | close NAME [TARGET]",
    "list or close your sessions on the nodes",
    "  sessions               on all nodes\n"
    "  sessions n1,gpu*       on these; 'help targets' says how nodes are named\n"
    "  sessions close work    closes work wherever it is\n"
    "  sessions close work 1  there only\n"
    "A session is a shell (@1 --session work ...) or a Python worker (py 1 --session work ...)\n"
    "that stays between commands. Those of one name, kind and state are one line: the age of the\n"
    "oldest, and how long the one that was used last is idle. To close one frees its name at once\n"
    "and stops what runs in it. The exit code is 1 when no node has it, 4 when one does not "
    "answer.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
