#include "shell/program_environment.h"

#include <absl/strings/str_cat.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "common/own_program.h"

namespace muster::clustershell {

std::map<std::string, std::string> ProgramEnvironment() {
  std::map<std::string, std::string> environment = {{"PYTHONUNBUFFERED", "1"}};
  const std::string folder = FolderOf(reinterpret_cast<void*>(&ProgramEnvironment));
  // In a build tree our Python module lies beside bin/; below a prefix of its own where Debian has
  // modules. One of the system is found by itself.
  for (const char* place : {"/../python", "/../lib/python3/dist-packages"}) {
    const std::string module = absl::StrCat(folder, place);
    if (::access(absl::StrCat(module, "/ClusterAPI").c_str(), X_OK) != 0) continue;
    const char* before = ::getenv("PYTHONPATH");
    environment["PYTHONPATH"] =
        before == nullptr || *before == '\0' ? module : absl::StrCat(module, ":", before);
    break;
  }
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
