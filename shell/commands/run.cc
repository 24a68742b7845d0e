// run PROGRAM: a program that works with the whole cluster: one that is known by its name, or a
// file.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <string>

#include "common/nearest.h"
#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/programs/start_program.h"
#include "shell/shell.h"
#include "shell/shell_settings.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

int List(Shell& shell) {
  Table table({{"program"}, {"what it does"}});
  for (const ProgramEntry& program : shell.programs().entries()) {
    table.Add({program.usage, program.summary});
  }
  table.Add({"FILE [ARGUMENT...]",
             "your own: FILE.py, where `import ClusterAPI` gives it this cluster, FILE.so, or "
             "anything executable"});
  shell.output().Out(table.Render());
  return kExitOk;
}

// Whether a word that no program is called means a file.
bool IsFile(const std::string& word) {
  return absl::StrContains(word, "/") || absl::EndsWith(word, ".py") ||
         absl::EndsWith(word, ".so") || ::access(word.c_str(), F_OK) == 0;
}

int Run(Shell& shell, absl::string_view rest) {
  RefreshPrograms(shell);
  if (rest.empty()) return List(shell);
  std::string word;
  absl::string_view behind = rest;
  if (const auto taken = TakeWord(behind, word); !taken.ok()) {
    return shell.Usage("run", taken.message());
  }
  behind = StripBlanks(behind);
  if (const ProgramEntry* program = shell.programs().Find(word)) {
    const ProgramEntry started = *program;
    return StartProgram(shell, started, behind);
  }
  const std::string path = WithHome(word);
  if (IsFile(path)) return StartFile(shell, path, behind);
  return shell.Usage("run", absl::StrCat("there is no program '", word, "'",
                                         DidYouMean(word, shell.programs().names()),
                                         "; 'run' lists them, and a file ends in .py or .so, or "
                                         "has a / in its name"));
}

}  // namespace

const ShellCommand kRunCommand = {
    "run",
    "run [PROGRAM [ARGUMENT...]]",
    "run a program with this cluster, or list the programs",
    "  run                             lists the programs\n"
    "  run wordcount /usr/share/doc    a program that is built in; `wordcount ...` is the same\n"
    "  run sum.py 'two words'          your own; `import ClusterAPI` gives it this cluster\n"
    "  run ./backup --all              anything executable; clustershell in it means this cluster\n"
    "  run ./hello.so you              C++, built as muster/program.h says\n"
    "Files in ~/.local/share/muster/programs (`listmodules` has the folders) are programs by "
    "their\n"
    "own names. Words are separated by blanks; quotes and backslashes are those of a shell. The\n"
    "program runs on this machine, in the current folder; its exit code is that of the command. "
    "Its\n"
    "output is a pipe, not a terminal; on your terminal, control characters in it are shown as "
    "text.\n",
    ShellCommand::Argument::kProgram,
    &Run,
};

}  // namespace muster::clustershell
