#include "shell/program_process.h"

#include <absl/strings/string_view.h>

#include <filesystem>
#include <iostream>

#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

constexpr char kFlag[] = "--program-process";

}  // namespace

std::vector<std::string> ProgramProcess(const Program& program,
                                        const std::vector<std::string>& arguments) {
  std::error_code ignored;
  std::vector<std::string> argv = {
      std::filesystem::read_symlink("/proc/self/exe", ignored).string(), kFlag, program.name};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

bool IsProgramProcess(int argc, char** argv) {
  return argc >= 3 && absl::string_view(argv[1]) == kFlag;
}

int RunProgramProcess(int argc, char** argv) {
  const Program* program = ProgramNamed(argv[2]);
  if (program == nullptr) {
    std::cerr << "clustershell: no program is called '" << argv[2] << "'\n";
    return kExitUsage;
  }
  Result<ClusterAPI> cluster = ClusterAPI::connect();
  if (!cluster.ok()) {
    std::cerr << program->name << ": " << cluster.status().message() << "\n";
    return kExitUnreachable;
  }
  return program->run(*cluster, {argv + 3, argv + argc}, std::cout, std::cerr);
}

}  // namespace muster::clustershell
