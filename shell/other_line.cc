#include "shell/other_line.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/words.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/former_commands.h"
#include "shell/line_tail.h"
#include "shell/local_command.h"
#include "shell/programs/start_program.h"

namespace muster::clustershell {
namespace {

// Words of up to three letters are near to too much: ls to ps, git to get, tar to tag.
constexpr std::size_t kShortWord = 3;

bool IsExecutable(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// Whether a shell of this machine would find a program of this name.
bool IsOnPath(const std::string& word) {
  if (absl::StrContains(word, "/")) return IsExecutable(WithHome(word));
  const char* path = ::getenv("PATH");
  for (absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (!folder.empty() && IsExecutable(absl::StrCat(folder, "/", word))) return true;
  }
  return false;
}

// Whether the word is more likely a slip than the program of this machine that is called so.
bool IsSlip(std::string word, const std::vector<std::string>& known) {
  if (word.size() > kShortWord) return !Nearest(word, known).empty();
  std::sort(word.begin(), word.end());
  return std::any_of(known.begin(), known.end(), [&](std::string other) {
    std::sort(other.begin(), other.end());
    return word == other;
  });
}

}  // namespace

int RunOtherLine(Shell& shell, absl::string_view name, absl::string_view line) {
  RefreshPrograms(shell);
  if (const ProgramEntry* found = shell.programs().Find(name)) {
    const ProgramEntry program = *found;
    return RunWithTail(shell, SplitFirst(line).second, [&](absl::string_view front) {
      return StartProgram(shell, program, front);
    });
  }
  Output& output = shell.output();
  std::vector<std::string> known = CommandNames();
  for (std::string& program : shell.programs().names()) known.push_back(std::move(program));
  const std::string word(name);
  const bool is_here = IsOnPath(word);
  if (is_here && shell.is_interactive() && shell.settings().falls_through && !IsSlip(word, known)) {
    output.Note(absl::StrCat("[", absl::StripAsciiWhitespace(line),
                             "] unrecognized, trying system shell..."));
    return RunLocalCommand(shell, std::string(line));
  }
  if (const FormerCommand* former = FindFormerCommand(name)) {
    output.Note(absl::StrCat(name, " of ", former->origin, " is not offered: ", former->instead));
    return kExitUsage;
  }
  output.Note(absl::StrCat("unknown command '", name, "'", DidYouMean(name, known),
                           " ('help' lists all; '@ ", name, " …' runs it on every node",
                           is_here ? absl::StrCat(", '!", name, " …' here") : "", ")"));
  return kExitUsage;
}

}  // namespace muster::clustershell
