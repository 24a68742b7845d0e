// shell: the development shell of plugins: Python with the cluster at hand.
#include <absl/strings/str_cat.h>

#include <string>
#include <vector>

#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/local_command.h"
#include "shell/program_environment.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{0, "--cluster", true}};

int Run(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return shell.Usage("shell", words.status().message());
  if (!words->rest().empty()) return shell.Usage("shell", "it takes no argument");
  // -P: no file of the current folder stands in for a module.
  std::vector<std::string> argv = {MUSTER_PYTHON, "-P", "-m", "muster.plugins.shell"};
  const std::string cluster =
      words->Has("--cluster") ? words->ValueOf("--cluster") : shell.view().ClusterName();
  if (!cluster.empty()) argv.insert(argv.end(), {"--cluster", cluster});
  const std::string& configuration = shell.settings().configuration;
  if (!configuration.empty()) argv.insert(argv.end(), {"--config", configuration});
  std::vector<std::string> environment;
  for (const auto& [name, value] : ProgramEnvironment()) {
    environment.push_back(absl::StrCat(name, "=", value));
  }
  return RunTerminalProgram(shell, argv, environment);
}

}  // namespace

const ShellCommand kShellCommand = {
    "shell",
    "shell [--cluster NAME]",
    "Python with the cluster at hand, to develop plugins in",
    "  shell                   IPython, where it is installed, else plain Python\n"
    "  shell --cluster base1   with another cluster than the one in use\n"
    "It knows cluster, nodes, cfg and log: cluster.run_plugin('pkginstaller', 'base1', cfg) runs\n"
    "a plugin as it is now; what was edited is read again. Ctrl-D comes back here. Before the\n"
    "prompt: `clustershell shell`. docs/plugins.md has an example.\n",
    ShellCommand::Argument::kNone,
    &Run,
    false,
    false,
    false,
    [] { return NamesOf(kFlags); },
};

}  // namespace muster::clustershell
