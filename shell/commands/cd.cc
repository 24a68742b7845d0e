// cd [DIR]: the folder of this machine that programs, local commands and files begin at.
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/shell_settings.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  const auto words = SplitWords(rest);
  if (!words.ok()) return shell.Usage("cd", words.status().message());
  if (words->size() > 1) return shell.Usage("cd", absl::StrCat("it takes no '", (*words)[1], "'"));
  const bool goes_back = !words->empty() && words->front() == "-";
  std::string folder = words->empty() ? "~" : words->front();
  if (goes_back) {
    const char* before = ::getenv("OLDPWD");
    if (before == nullptr) {
      shell.output().Note("cd: there is no folder to go back to");
      return kExitFailed;
    }
    folder = before;
  }
  folder = WithHome(folder);
  std::error_code ignored;
  const std::string before = std::filesystem::current_path(ignored).string();
  if (::chdir(folder.c_str()) != 0) {
    shell.output().Note(absl::StrCat("cd: ", folder, ": ", ::strerror(errno)));
    return kExitFailed;
  }
  const std::string now = std::filesystem::current_path(ignored).string();
  ::setenv("OLDPWD", before.c_str(), 1);
  ::setenv("PWD", now.c_str(), 1);
  if (goes_back) shell.output().Out(now + "\n");
  return kExitOk;
}

}  // namespace

const ShellCommand kCdCommand = {
    "cd",
    "cd [DIR]",
    "go to another folder of this machine",
    "  cd results     for put, get, run, ! and what else names files of this machine\n"
    "  cd             to your home folder\n"
    "  cd -           to where you were before\n"
    "Commands of nodes begin where they always do; --cwd DIR says otherwise.\n",
    ShellCommand::Argument::kPath,
    &Run,
};

}  // namespace muster::clustershell
