#include "shell/program_environment.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "common/own_program.h"

namespace muster::clustershell {

std::map<std::string, std::string> ProgramEnvironment() {
  std::map<std::string, std::string> environment = {{"PYTHONUNBUFFERED", "1"}};
  const std::string folder = FolderOf(reinterpret_cast<void*>(&ProgramEnvironment));
  std::string path;
  // In a build tree our Python module lies beside bin/; below a prefix of its own where Debian has
  // modules; one of the system is found by itself. `modules` is for programs of python_cluster.
  for (const auto& [place, module] : {std::pair("/../python", "/ClusterAPI"),
                                      std::pair("/../" MUSTER_PYTHON_FOLDER, "/ClusterAPI"),
                                      std::pair("/../share/muster", "/modules")}) {
    const std::string found = absl::StrCat(folder, place);
    if (::access(absl::StrCat(found, module).c_str(), X_OK) == 0)
      absl::StrAppend(&path, found, ":");
  }
  const char* before = ::getenv("PYTHONPATH");
  if (before != nullptr) absl::StrAppend(&path, before);
  if (absl::EndsWith(path, ":")) path.pop_back();
  if (!path.empty()) environment["PYTHONPATH"] = path;
  return environment;
}

std::string OwnProgram() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

std::vector<std::string> PythonProgramHost() {
  // -P: no file of the current folder stands in for a module.
  return {MUSTER_PYTHON, "-P", "-m", "ClusterAPI._program_host"};
}

}  // namespace muster::clustershell
