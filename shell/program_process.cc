#include "shell/program_process.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <dlfcn.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "shell/exit_code.h"
#include "shell/program_environment.h"
#include "shell/program_list.h"

namespace muster::clustershell {
namespace {

constexpr char kFlag[] = "--program-process";
constexpr char kSharedFlag[] = "--shared";
constexpr char kEntryPoint[] = "muster_programs_v1";
constexpr int kVersion = 1;

// The programs of a shared object; none: `why` says why.
std::vector<Program> LoadShared(const std::string& path, std::string& why) {
  // Without a slash it would be looked for elsewhere.
  void* const object = ::dlopen(std::filesystem::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) {
    const char* const error = ::dlerror();
    why = error == nullptr ? "it cannot be loaded" : error;
    return {};
  }
  using EntryPoint = const ProgramTable* (*)();
  const auto entry_point = reinterpret_cast<EntryPoint>(::dlsym(object, kEntryPoint));
  const ProgramTable* const table = entry_point == nullptr ? nullptr : entry_point();
  if (table == nullptr) {
    why = absl::StrCat("it has no ", kEntryPoint,
                       "(): list its programs with MUSTER_PROGRAMS of muster/program.h");
    return {};
  }
  if (table->version < kVersion || table->program_size < sizeof(Program)) {
    why = absl::StrCat("it was built with another version of muster/program.h (", table->version,
                       ", here ", kVersion, "): build it again");
    return {};
  }
  std::vector<Program> programs;
  const auto* at = reinterpret_cast<const char*>(table->programs);
  for (std::size_t i = 0; i < table->count; ++i, at += table->program_size) {
    programs.push_back(*reinterpret_cast<const Program*>(at));
  }
  return programs;
}

int Describe(const std::string& path) {
  std::string why;
  nlohmann::json answer = {{"programs", nlohmann::json::array()},
                           {"problems", nlohmann::json::array()}};
  for (const Program& program : LoadShared(path, why)) {
    answer["programs"].push_back({{"name", program.name},
                                  {"usage", program.usage},
                                  {"summary", program.summary},
                                  {"help", program.help}});
  }
  if (!why.empty()) answer["problems"].push_back({{"line", 0}, {"message", why}});
  // A line of its own, whatever the object wrote when it was loaded.
  std::cout << "\n"
            << answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  return kExitOk;
}

int RunIn(const Program& program, const std::vector<std::string>& arguments) {
  Result<ClusterAPI> cluster = ClusterAPI::connect();
  if (!cluster.ok()) {
    std::cerr << program.name << ": " << cluster.status().message() << "\n";
    return kExitUnreachable;
  }
  try {
    return program.run(*cluster, arguments, std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << program.name << ": it threw: " << error.what() << "\n";
    return kExitFailed;
  }
}

int RunShared(const std::string& path, const std::string& name,
              const std::vector<std::string>& arguments) {
  std::string why;
  const std::vector<Program> programs = LoadShared(path, why);
  const auto found = std::find_if(programs.begin(), programs.end(),
                                  [&](const Program& program) { return name == program.name; });
  if (found != programs.end()) return RunIn(*found, arguments);
  std::cerr << "clustershell: " << path << " has no program '" << name << "'"
            << (why.empty() ? "" : ": ") << why << "\n";
  return kExitUsage;
}

}  // namespace

std::vector<std::string> ProgramProcess(const Program& program,
                                        const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {OwnProgram(), kFlag, program.name};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

std::vector<std::string> SharedProgramProcess(const std::string& path, const std::string& name,
                                              const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {OwnProgram(), kFlag, kSharedFlag, path};
  if (!name.empty()) argv.push_back(name);
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

bool IsProgramProcess(int argc, char** argv) {
  return argc >= 3 && absl::string_view(argv[1]) == kFlag;
}

int RunProgramProcess(int argc, char** argv) {
  const absl::string_view name = argv[2];
  if (name == kSharedFlag && argc == 4) return Describe(argv[3]);
  if (name == kSharedFlag && argc > 4) return RunShared(argv[3], argv[4], {argv + 5, argv + argc});
  const Program* program = ProgramNamed(name);
  if (program == nullptr) {
    std::cerr << "clustershell: no program is called '" << name << "'\n";
    return kExitUsage;
  }
  return RunIn(*program, {argv + 3, argv + argc});
}

}  // namespace muster::clustershell
