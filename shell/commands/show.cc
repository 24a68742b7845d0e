// show: the nodes of the cluster and what they say of themselves.
#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <poll.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/hook_fields.h"
#include "shell/node_facts.h"
#include "shell/node_table.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

using Form = NodeTableForm;

constexpr std::chrono::seconds kInterval(2);
constexpr char kClearScreen[] = "\x1b[H\x1b[2J";

constexpr WordFlag kFlags[] = {{0, "-v"}, {0, "-vv"}, {'o', "--output", true}, {'w', "--watch"}};

struct Wanted {
  Form form = Form::kPlain;
  std::optional<std::chrono::milliseconds> interval;  // of --watch
  absl::string_view target;
};

absl::StatusOr<Form> FormNamed(absl::string_view name) {
  if (name == "wide") return Form::kWide;
  if (name == "json") return Form::kJson;
  if (name == "yaml") return Form::kYaml;
  if (name == "name") return Form::kName;
  return absl::InvalidArgumentError(
      absl::StrCat("-o is json, yaml, wide or name, not '", name, "'",
                   DidYouMean(name, {"json", "yaml", "wide", "name"})));
}

absl::Status TakeFlag(absl::string_view word, absl::string_view& rest, Wanted& wanted) {
  absl::string_view value;
  const std::size_t equals = word.find('=');
  const bool has_value = equals != absl::string_view::npos;
  const absl::string_view name = word.substr(0, equals);
  if (has_value) value = word.substr(equals + 1);
  const WordFlag* const flag = FindFlag(kFlags, name);
  if (flag == nullptr || (has_value && name[1] != '-' && flag->letter == 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown flag ", word, DidYouMean(word, NamesOf(kFlags))));
  }
  const absl::string_view known = flag->name;
  if (known == "-v") {
    wanted.form = Form::kExtended;
  } else if (known == "-vv") {
    wanted.form = Form::kAll;
  } else if (known == "--output") {
    if (!has_value) std::tie(value, rest) = SplitTarget(rest);
    ASSIGN_OR_RETURN(wanted.form, FormNamed(value));
  } else {
    wanted.interval = kInterval;
    const auto [next, behind] = SplitTarget(rest);
    if (has_value || ParseDuration(next).ok()) {
      ASSIGN_OR_RETURN(wanted.interval, ParseDuration(has_value ? value : next));
      if (!has_value) rest = behind;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Wanted> Parse(absl::string_view rest) {
  Wanted wanted;
  while (!rest.empty()) {
    absl::string_view word;
    std::tie(word, rest) = SplitTarget(rest);
    if (absl::StartsWith(word, "-")) {
      RETURN_IF_ERROR(TakeFlag(word, rest, wanted));
    } else if (wanted.target.empty()) {
      wanted.target = word;
    } else {
      return absl::InvalidArgumentError(absl::StrCat("it takes no '", word, "'"));
    }
  }
  return wanted;
}

// Of the nodes of the working set.
std::vector<NodeCheck> Search(Shell& shell, absl::string_view words) {
  std::vector<NodeCheck> found;
  std::vector<NodeCheck> all = shell.cluster().clustercheck(shell.view().UsedNodes()).nodes;
  const HookFields fields = AskForFields(all);
  for (NodeCheck& check : all) {
    if (MatchesSearch(check, words, fields)) found.push_back(std::move(check));
  }
  return found;
}

// A word that names no node is searched for. Empty: neither, and that was said.
std::vector<NodeCheck> Find(Shell& shell, absl::string_view target, int* exit_code) {
  const Result<std::vector<Node>> meant =
      shell.cluster().nodes(Target(target.empty() ? "*" : std::string(target)));
  if (shell.nodes().empty()) {
    *exit_code = ChooseNodes(shell, target).exit_code;  // which says so
    return {};
  }
  if (!meant.ok() && meant.status().code() != StatusCode::kUnavailable) {
    std::vector<NodeCheck> found = Search(shell, target);
    if (!found.empty()) {
      shell.output().Note(absl::StrCat("'", target, "' is no node: searched for it; it is in ",
                                       found.size(), found.size() == 1 ? " node" : " nodes"));
      return found;
    }
  }
  const ChosenNodes chosen = ChooseNodes(shell, target);
  *exit_code = chosen.exit_code;
  if (chosen.nodes.empty()) {
    if (!meant.ok()) {
      shell.output().Note(absl::StrCat("and no attribute or tag of a node holds '", target, "'"));
    }
    return {};
  }
  return shell.cluster().clustercheck(chosen.nodes).nodes;
}

int ShowOnce(Shell& shell, const Wanted& wanted) {
  const std::string target = TurnToCluster(shell, wanted.target);
  shell.view().RememberTable();  // what is asked for by number is meant as it is shown
  int exit_code = kExitOk;
  const std::vector<NodeCheck> checks = Find(shell, target, &exit_code);
  if (checks.empty()) return exit_code;
  const bool shows_all =
      wanted.form == Form::kAll || wanted.form == Form::kJson || wanted.form == Form::kYaml;
  const HookFields fields = shows_all ? AskForFields(checks) : HookFields();
  shell.output().Out(RenderNodes(checks, wanted.form, shell.output().columns(), fields));
  if (wanted.form == Form::kJson || wanted.form == Form::kYaml || wanted.form == Form::kName) {
    return kExitOk;
  }
  for (const NodeCheck& check : checks) {
    if (check.functional || !check.node.state.empty()) continue;
    shell.output().NodeLines(Output::Stream::kStderr, check.node.name, check.reason);
  }
  return kExitOk;
}

// False: a signal came.
bool Wait(Shell& shell, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (shell.signals().interrupts() == 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    pollfd waiting = {shell.signals().wake_fd(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) > 0) {
      shell.signals().DrainWake();
    }
  }
  return false;
}

int Run(Shell& shell, absl::string_view rest) {
  const absl::StatusOr<Wanted> wanted = Parse(rest);
  if (!wanted.ok()) return shell.Usage("show", wanted.status().message());
  if (!wanted->interval) return ShowOnce(shell, *wanted);
  const bool redraws = shell.output().IsTerminal(Output::Stream::kStdout);
  while (true) {
    if (redraws) shell.output().Raw(Output::Stream::kStdout, kClearScreen);
    const int exit_code = ShowOnce(shell, *wanted);
    if (exit_code != kExitOk || shell.output().error() != 0) return exit_code;
    if (!Wait(shell, *wanted->interval)) return kExitOk;
    shell.Refresh();
  }
}

}  // namespace

const ShellCommand kShowCommand = {
    "show",
    "show [-v|-vv] [-o FORM] [--watch [D]] [TARGET | SEARCH TERM]",
    "list the nodes, or search for them",
    "  show                 all nodes, or those of the working set ('help use')\n"
    "  show tags=env:prod   'help targets' says how nodes are named\n"
    "  show mongo           what names no node is searched for in all attributes and tags:\n"
    "  show 0.15            a part of an address; commas separate several terms\n"
    "  show -v              more attributes; -vv all of them, and what runs there\n"
    "  show -o json         or yaml, wide, name: for programs\n"
    "  show --watch 5s      again every 5 seconds (or 2), until Ctrl-C\n"
    "The first column is the number that a target may name: it means what the last table showed.\n"
    "The state is running, draining (it ends, and takes nothing new) or down, and of a node that\n"
    "was started here and does not run stopped, paused, failed, …; `load` is that of "
    "the\n"
    "last minute, `running` counts the commands there, `latency` is the time to its answer, "
    "`slots`\n"
    "is what a command may ask for with --resources, as free/all. Why a node is down stands below\n"
    "the table, on stderr; `check` has an exit code for it.\n",
    ShellCommand::Argument::kTarget,
    &Run,
    false,
    false,
    false,
    [] { return NamesOf(kFlags); },
};

}  // namespace muster::clustershell
