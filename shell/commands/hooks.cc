// hooks: the modules and executables that are called when clusters and commands begin and end.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/words.h"
#include "provision/hooks.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

using provision::Hooks;
using provision::HookView;

std::string StateOf(const HookView& hook) {
  if (hook.is_active) return hook.is_required ? "required" : "active";
  return hook.problem.empty() ? "off" : "broken";
}

std::string Priority(double priority) { return absl::StrCat(priority); }

void List(Shell& shell, const std::vector<HookView>& hooks) {
  Table table({{"hook"},
               {"state"},
               {"priority", true},
               {"calls", true},
               {"faults", true},
               {"events"},
               {"settings"},
               {"file"}});
  for (const HookView& hook : hooks) {
    table.Add({hook.name, StateOf(hook), hook.is_active ? Priority(hook.priority) : "-",
               absl::StrCat(hook.calls), absl::StrCat(hook.faults),
               hook.events.empty() ? "-" : absl::StrJoin(hook.events, ","),
               hook.settings.empty() ? "-" : hook.settings, hook.path});
  }
  shell.output().Out(table.Render(shell.output().columns()));
}

// All that are switched on can be called; the exit code.
int Check(Shell& shell, const Hooks& all, const std::vector<HookView>& hooks) {
  int exit_code = all.complaints().empty() ? kExitOk : kExitFailed;
  for (const HookView& hook : hooks) {
    if (!hook.problem.empty()) {
      exit_code = kExitFailed;
      shell.output().Out(absl::StrCat(hook.name, ": ", hook.problem, "\n"));
    } else if (hook.is_active) {
      shell.output().Out(absl::StrCat(hook.name, ": ok: ",
                                      hook.events.empty() ? "it has no function that is called"
                                                          : absl::StrJoin(hook.events, ", "),
                                      "\n"));
      if (!hook.hints.empty()) {
        shell.output().Out(absl::StrCat(hook.name, ": warning: ", hook.hints, "\n"));
      }
    }
  }
  return exit_code;
}

std::vector<SubCommand> SubCommands() {
  return {{"list", SubCommand::Argument::kNone, nullptr},
          {"check", SubCommand::Argument::kNone, nullptr}};
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [word, behind] = SplitFirst(rest);
  if (!word.empty() && !HasWord(SubCommands(), word)) {
    return shell.Usage("hooks", absl::StrCat("there is no '", word, "'",
                                             DidYouMean(word, WordsOf(SubCommands()))));
  }
  if (!behind.empty()) return shell.Usage("hooks", absl::StrCat("it takes no '", behind, "'"));
  const auto hooks = Hooks::Get();
  if (hooks == nullptr) {
    shell.output().Note(
        "no hooks are switched on; [hooks] enable = true in the configuration does that");
    return kExitOk;
  }
  const std::vector<HookView> views = hooks->List();
  if (word == "check") return Check(shell, *hooks, views);
  List(shell, views);
  return kExitOk;
}

}  // namespace

const ShellCommand kHooksCommand = {
    "hooks",
    "hooks [list|check]",
    "list the hooks that are called before and after what you do",
    "  hooks          which there are, which are switched on, and what they are called for\n"
    "  hooks check    loads those that are switched on, and says which cannot be: exit code 1\n"
    "A hook is a module of Python, or an executable, that is called before and after clusters\n"
    "start and stop and commands run. [hooks] in the configuration switches them on; what they\n"
    "log is in muster/logs/hooks.log of the state folder, and --trace-hooks tells each call.\n",
    ShellCommand::Argument::kSubCommand,
    &Run,
    false,
    false,
    false,
    nullptr,
    &SubCommands,
};

}  // namespace muster::clustershell
