// py TARGET EXPRESSION: a piece of Python on the nodes.
#include <string>

#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/line_flags.h"
#include "shell/local_pipe.h"
#include "shell/run_on_nodes.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  const auto [target, behind] = SplitTarget(rest);
  if (target.empty()) return shell.Usage("py", "there is no target");
  LineOptions options = shell.defaults();
  const auto source = TakeLineFlags(behind, options);
  if (!source.ok()) return shell.Usage("py", source.status().message());
  const PipedLine piped = SplitPipe(*source);
  if (piped.command.empty()) return shell.Usage("py", "there is no expression");
  if (piped.has_pipe && piped.local.empty()) {
    return shell.Usage("py", "behind !| there has to be a command");
  }
  options.pipe_to = std::string(piped.local);
  return RunOnNodes(shell, target, muster::python(std::string(piped.command)), options);
}

}  // namespace

const ShellCommand kPyCommand = {
    "py",
    "py TARGET [FLAG...] EXPRESSION",
    "run a piece of Python on the nodes",
    "  py * 6*7                          the value, from all nodes\n"
    "  py n1 import os; os.getloadavg()  statements run; the value of the last one counts\n"
    "  py 1-3 print('hello')             what it prints is output; None is not shown\n"
    "  py 1 --timeout 5s work()          flags say how it runs; -- ends them\n"
    "  py * 6*7 !| sort                  what it prints goes into a command of this machine\n"
    "'help targets' says what a target can be. With `debug` on, an exception shows its "
    "traceback.\n",
    ShellCommand::Argument::kTarget,
    &Run,
    true,
    true,
    true,
};

}  // namespace muster::clustershell
