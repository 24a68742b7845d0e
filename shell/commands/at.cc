// @TARGET command: a line for the shell of the nodes.
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "common/words.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/line_flags.h"
#include "shell/local_pipe.h"
#include "shell/raw_terminal.h"
#include "shell/run_on_nodes.h"
#include "shell/transfer_on_nodes.h"
#include "shell/waiting_lines.h"

namespace muster::clustershell {
namespace {

int OpenTerminalOn(Shell& shell, absl::string_view target) {
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  if (chosen.nodes.size() == 1) return OpenRawTerminal(shell, chosen.nodes.front());
  return shell.Usage("@", absl::StrCat("without a command it opens a terminal on one node, and ",
                                       target, " are ", chosen.nodes.size()));
}

// Two quotes are an empty line.
std::string AnswerOf(absl::string_view line) {
  return line == "''" || line == "\"\"" ? "" : std::string(line);
}

// What stands in front of the command.
struct Head {
  absl::string_view target;
  absl::string_view behind;  // flags and command
  bool names_none = false;   // "@ uptime": only a blank right behind the @ says so
  bool is_sticky = false;    // "@1: cd /tmp": in a session that stays
};

Head SplitHead(absl::string_view rest) {
  Head head;
  head.names_none = rest.empty() || rest[0] == ' ' || rest[0] == '\t';
  head.behind = rest;
  head.target = "*";
  if (head.names_none) return head;
  std::tie(head.target, head.behind) = SplitTarget(rest);
  head.is_sticky = absl::ConsumeSuffix(&head.target, ":");
  if (head.target.empty()) head.target = "*";
  return head;
}

// Empty: nobody waits for one.
std::optional<int> Answer(Shell& shell, const Head& head) {
  if (head.is_sticky || !shell.jobs().DoesAnyWait()) return std::nullopt;
  const ChosenNodes chosen = ChooseNodes(shell, head.target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  return AnswerWaiting(shell, chosen.nodes,
                       std::string(absl::StripLeadingAsciiWhitespace(head.behind)));
}

int RunCommand(Shell& shell, absl::string_view target, absl::string_view line, bool may_answer,
               LineOptions options) {
  const PipedLine piped = SplitPipe(line);
  if (piped.has_pipe && (piped.command.empty() || piped.local.empty())) {
    return shell.Usage("@", "on each side of !| there has to be a command");
  }
  options.pipe_to = std::string(piped.local);
  const Command command = muster::shell(std::string(piped.command));
  if (!may_answer || !shell.jobs().DoesAnyWait()) {
    return RunOnNodes(shell, target, command, options);
  }
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  if (const auto answered = AnswerWaiting(shell, chosen.nodes, AnswerOf(line))) return *answered;
  return RunOnNodes(shell, chosen.nodes, command, options);
}

int Run(Shell& shell, absl::string_view rest) {
  const Head head = SplitHead(rest);
  LineOptions options = shell.defaults();
  if (head.is_sticky || shell.sticky().are_default()) {
    options.execution.session = shell.sticky().name();
  }
  options.skips_absent = head.target == "*";
  const auto line = TakeLineFlags(head.behind, options);
  if (!line.ok()) {
    // An answer may look like a flag.
    if (const auto answered = Answer(shell, head)) return *answered;
    return shell.Usage("@", line.status().message());
  }
  // Behind a bare -- stands a command of the nodes, whatever it is called.
  const absl::string_view flags = absl::StripAsciiWhitespace(
      head.behind.substr(0, static_cast<std::size_t>(line->data() - head.behind.data())));
  if (line->empty()) {
    const bool is_bare = !head.names_none && !head.is_sticky && flags.empty();
    return is_bare ? OpenTerminalOn(shell, head.target)
                   : shell.Usage("@", "there is no command for the nodes");
  }
  const auto [verb, what] = SplitFirst(*line);
  if (!absl::EndsWith(flags, "--") && (verb == "put" || verb == "get")) {
    LineOptions given;  // without the defaults, which those two take themselves
    static_cast<void>(TakeLineFlags(head.behind, given).ok());
    return TransferOnNodes(shell, verb == "put" ? Direction::kPut : Direction::kGet, head.target,
                           what, given);
  }
  const bool may_answer = flags.empty() && !head.is_sticky;
  return RunCommand(shell, head.target, *line, may_answer, std::move(options));
}

}  // namespace

const ShellCommand kAtCommand = {
    "@",
    "@TARGET [FLAG...] command",
    "run a command in the shell of the nodes",
    "  @ uptime                  on all nodes that run, of those in use; @* is the same\n"
    "  @n1 df -h /               on one node\n"
    "  @1,3 hostname; date       by index, as `show` lists them\n"
    "  @1-3 ls /tmp | wc -l      a range; everything behind the target belongs to the node\n"
    "  @gpu*,!gpu3 nvidia-smi    names with * and ?, but not that one\n"
    "  @n[01-10] uptime          many names in few words\n"
    "  @tags=env:prod uptime     by tags and other attributes; 'help targets' has them all\n"
    "  @@web uptime              the nodes of the group @web\n"
    "  @9                        a terminal on one node, for vim and top; ~. or three Ctrl-C come "
    "back\n"
    "  @1-3 sudo apt-get install nginx\n"
    "  @1-3 y                    answers the nodes on which that waits for input; @1-3 -- y is a\n"
    "                            command all the same, and '' an empty answer\n"
    "  @1-3: cd /srv             in a session that stays: @1-3: ls lists /srv then\n"
    "  @1 --timeout 5s make      flags say how it runs; -- ends them\n"
    "  @1-3 put FILE FOLDER      put and get copy files; a command of the nodes that is called so\n"
    "                            runs as @1-3 -- put\n"
    "  @ df -h / !| grep 9%      what the line prints goes into a command of this machine\n"
    "What a node writes comes as it comes, line by line, with its name in front; what it writes "
    "to\n"
    "stderr goes to stderr. On a terminal, control characters in it are shown as text.\n"
    "Ctrl-C stops the command on all nodes, a second one at once.\n",
    ShellCommand::Argument::kTarget,
    &Run,
    true,
    true,
    true,
};

}  // namespace muster::clustershell
