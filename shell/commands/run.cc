// run PROGRAM: a program that works with the whole cluster: one that is built in, or a Python file.
#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/unique_fd.h"
#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/local_program.h"
#include "shell/program_list.h"
#include "shell/program_process.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

int List(Shell& shell) {
  Table table({{"program"}, {"what it does"}});
  for (const Program& program : Programs()) table.Add({program.usage, program.summary});
  table.Add(
      {"FILE.py [ARGUMENT...]", "your own program; `import ClusterAPI` gives it this cluster"});
  shell.output().Out(table.Render());
  return kExitOk;
}

int RunPythonFile(Shell& shell, const std::vector<std::string>& words) {
  const std::string& path = words[0];
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  const bool opened = file.IsOpen() && ::fstat(file.get(), &facts) == 0;
  if (!opened || S_ISDIR(facts.st_mode)) {
    const char* reason = opened ? ::strerror(EISDIR) : ::strerror(errno);
    shell.output().Note(absl::StrCat("run: cannot read the program ", path, ": ", reason));
    return kExitUsage;
  }
  // Python would take a name that begins with - for an option.
  std::vector<std::string> arguments = {MUSTER_PYTHON, path[0] == '-' ? "./" + path : path};
  arguments.insert(arguments.end(), words.begin() + 1, words.end());
  return RunLocalProgram(shell, path, arguments);
}

int Run(Shell& shell, absl::string_view rest) {
  const absl::StatusOr<std::vector<std::string>> words = SplitWords(rest);
  if (!words.ok()) return shell.Usage("run", words.status().message());
  if (words->empty()) return List(shell);
  const std::string& name = words->front();
  if (const Program* program = ProgramNamed(name)) {
    const std::vector<std::string> arguments(words->begin() + 1, words->end());
    return RunLocalProgram(shell, name, ProgramProcess(*program, arguments));
  }
  if (absl::EndsWith(name, ".py")) return RunPythonFile(shell, *words);
  return shell.Usage(
      "run", absl::StrCat("there is no program '", name, "'", DidYouMean(name, ProgramNames()),
                          "; 'run' lists them, and a file has to end in .py"));
}

}  // namespace

const ShellCommand kRunCommand = {
    "run",
    "run [PROGRAM [ARGUMENT...]]",
    "run a program with this cluster, or list the programs",
    "  run                             lists the programs\n"
    "  run wordcount /usr/share/doc    a program that is built in\n"
    "  run sum.py 'two words'          your own; `import ClusterAPI` gives it this cluster\n"
    "Words are separated by blanks; quotes and backslashes are those of a shell. The program runs\n"
    "on this machine, in the current folder; its exit code is that of the command. Its output is "
    "a\n"
    "pipe, not a terminal; on your terminal, control characters in it are shown as text.\n",
    ShellCommand::Argument::kProgram,
    &Run,
};

}  // namespace muster::clustershell
