#include "shell/programs/start_program.h"

#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "common/unique_fd.h"
#include "common/words.h"
#include "shell/exit_code.h"
#include "shell/local_program.h"
#include "shell/program_environment.h"
#include "shell/program_list.h"
#include "shell/program_process.h"
#include "shell/programs/file_description.h"

namespace muster::clustershell {
namespace {

std::vector<std::string> With(std::vector<std::string> argv,
                              const std::vector<std::string>& words) {
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

// Python would take a name that begins with - for an option, and execvp one without a slash for a
// word of PATH.
std::string AsPath(const std::string& path) {
  return absl::StrContains(path, "/") && path[0] != '-' ? path : "./" + path;
}

// Of several programs the one that is called as their file.
const ProgramEntry* CalledAsFile(const FileDescription& file) {
  const std::string name = std::filesystem::path(file.path).stem().string();
  const auto found = std::find_if(file.programs.begin(), file.programs.end(),
                                  [&](const ProgramEntry& entry) { return entry.name == name; });
  return found == file.programs.end() ? nullptr : &*found;
}

// Whether the text of a Python file has a word that one of commands for the prompt has; most
// scripts have none.
bool MayHaveCommands(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  for (const char* word : {"program", "commands", "com()", "more("}) {
    if (absl::StrContains(text, word)) return true;
  }
  return false;
}

int StartShared(Shell& shell, const std::string& path, absl::string_view rest) {
  FileDescription file = DescribeSharedObject(path);
  if (!file.problems.empty()) {
    shell.output().Note(absl::StrCat("run: ", path, ": ", file.problems.front().second));
    return kExitUsage;
  }
  const auto [name, behind] = SplitFirst(rest);
  for (const ProgramEntry& program : file.programs) {
    if (file.programs.size() == 1) return StartProgram(shell, program, rest);
    if (name == program.name) return StartProgram(shell, program, behind);
  }
  if (const ProgramEntry* only = CalledAsFile(file)) return StartProgram(shell, *only, rest);
  return shell.Usage("run",
                     absl::StrCat(path, " has several programs; put one of these behind it: ",
                                  absl::StrJoin(file.programs, ", ",
                                                [](std::string* out, const ProgramEntry& entry) {
                                                  out->append(entry.name);
                                                })));
}

int StartPython(Shell& shell, const std::string& path, absl::string_view rest) {
  const auto words = SplitWords(rest);
  if (!words.ok()) return shell.Usage("run", words.status().message());
  const std::string file = path[0] == '-' ? "./" + path : path;
  if (MayHaveCommands(path)) {
    return RunLocalProgram(shell, path,
                           With(PythonProgramHost(), {"file", file, std::string(rest)}));
  }
  return RunLocalProgram(shell, path, With({MUSTER_PYTHON, file}, *words));
}

}  // namespace

int StartProgram(Shell& shell, const ProgramEntry& program, absl::string_view rest) {
  using Kind = ProgramEntry::Kind;
  if (program.kind == Kind::kPythonCommand) {
    return RunLocalProgram(
        shell, program.name,
        With(PythonProgramHost(), {"run", program.path, program.name, std::string(rest)}));
  }
  const auto words = SplitWords(rest);
  if (!words.ok()) {
    shell.output().Note(absl::StrCat(program.name, ": ", words.status().message()));
    return kExitUsage;
  }
  switch (program.kind) {
    case Kind::kBuiltIn:
      return RunLocalProgram(shell, program.name,
                             ProgramProcess(*ProgramNamed(program.name), *words));
    case Kind::kShared:
      return RunLocalProgram(shell, program.name,
                             SharedProgramProcess(program.path, program.name, *words));
    case Kind::kPythonScript:
      return RunLocalProgram(shell, program.name, With({MUSTER_PYTHON, program.path}, *words));
    default:
      return RunLocalProgram(shell, program.name, With({program.path}, *words));
  }
}

int StartFile(Shell& shell, const std::string& path, absl::string_view rest) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  const bool opened = file.IsOpen() && ::fstat(file.get(), &facts) == 0;
  const bool is_executable = ::access(path.c_str(), X_OK) == 0;
  if ((!opened && !is_executable) || S_ISDIR(facts.st_mode)) {
    const char* reason = opened ? ::strerror(EISDIR) : ::strerror(errno);
    shell.output().Note(absl::StrCat("run: cannot read the program ", path, ": ", reason));
    return kExitUsage;
  }
  if (absl::EndsWith(path, ".py")) return StartPython(shell, path, rest);
  if (absl::EndsWith(path, ".so")) return StartShared(shell, path, rest);
  if (!is_executable) {
    return shell.Usage("run",
                       absl::StrCat(path, " is neither executable (chmod +x) nor a .py or .so"));
  }
  const auto words = SplitWords(rest);
  if (!words.ok()) return shell.Usage("run", words.status().message());
  return RunLocalProgram(shell, path, With({AsPath(path)}, *words));
}

void RefreshPrograms(Shell& shell) {
  for (const std::string& complaint : shell.programs().Refresh()) shell.output().Note(complaint);
}

}  // namespace muster::clustershell
