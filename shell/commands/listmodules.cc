// listmodules, load: the files of programs.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/programs/start_program.h"
#include "shell/shell.h"
#include "shell/shell_settings.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

std::string StateOf(const FileDescription& file) {
  if (file.problems.empty()) return "ok";
  const auto& [line, message] = file.problems.front();
  return absl::StrCat(line > 0 ? absl::StrCat("line ", line, ": ") : "", message);
}

int List(Shell& shell, absl::string_view rest) {
  if (!rest.empty()) return shell.Usage("listmodules", absl::StrCat("it takes no '", rest, "'"));
  RefreshPrograms(shell);
  Table table({{"file"}, {"programs"}, {"state"}});
  for (const FileDescription& file : shell.programs().files()) {
    const std::string programs = absl::StrJoin(
        file.programs, ",",
        [](std::string* out, const ProgramEntry& program) { out->append(program.name); });
    table.Add({file.path, programs.empty() ? "-" : programs, StateOf(file)});
  }
  if (!shell.programs().files().empty()) shell.output().Out(table.Render());
  shell.output().Note(absl::StrCat("folders: ", absl::StrJoin(shell.programs().folders(), ", ")));
  return kExitOk;
}

int Load(Shell& shell, absl::string_view rest) {
  const auto words = SplitWords(rest);
  if (!words.ok()) return shell.Usage("load", words.status().message());
  for (const std::string& word : *words) {
    const std::string path = WithHome(word);
    if (::access(path.c_str(), R_OK) != 0) {
      return shell.Usage("load",
                         absl::StrCat("there is no file or folder ", path, " that can be read"));
    }
    shell.programs().AddPath(path);
  }
  shell.programs().Forget();
  RefreshPrograms(shell);
  std::size_t good = 0;
  std::size_t bad = 0;
  for (const FileDescription& file : shell.programs().files()) {
    ++(file.problems.empty() ? good : bad);
  }
  shell.output().Note(absl::StrCat("Loaded ", good, good == 1 ? " module" : " modules",
                                   bad == 0 ? "" : absl::StrCat(", ", bad, " with problems"),
                                   "; 'listmodules' lists them"));
  return bad == 0 ? kExitOk : kExitFailed;
}

}  // namespace

const ShellCommand kListmodulesCommand = {
    "listmodules",
    "listmodules",
    "list the files of programs",
    "  listmodules\n"
    "Each file with the programs that it has, or what is wrong with it and in which line. The\n"
    "folders that are searched stand below, on stderr; `programs = DIR, DIR` in [shell] of the\n"
    "configuration adds more.\n",
    ShellCommand::Argument::kNone,
    &List,
};

const ShellCommand kLoadCommand = {
    "load",
    "load [PATH...]",
    "read the files of programs anew",
    "  load                all of them, changed or not\n"
    "  load tools/greet.py a file or a folder, for this shell\n"
    "A file that changed is noticed without it. The exit code is 1 when one has a problem.\n",
    ShellCommand::Argument::kPath,
    &Load,
};

}  // namespace muster::clustershell
