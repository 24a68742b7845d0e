#include "tests/integration/watching.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace muster::test {
namespace {

using Clock = std::chrono::steady_clock;

// Calls `visit` with every pid.
void ForEachProcess(const std::function<void(pid_t)>& visit) {
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = ::readdir(proc)) {
    const pid_t pid = ::atoi(entry->d_name);
    if (pid > 0) visit(pid);
  }
  ::closedir(proc);
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ProgramPath(const std::string& name) {
  const char* folder = ::getenv("MUSTER_BIN_DIR");
  REQUIRE(folder != nullptr);  // ctest sets it
  return std::string(folder) + "/" + name;
}

// The fields of /proc/PID/stat after the name: state, parent, …
static std::string StatOf(pid_t pid) {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t end = stat.rfind(") ");
  return end == std::string::npos ? "" : stat.substr(end + 2);
}

void Kill(pid_t pid, int signal) {
  REQUIRE(pid > 1);
  ::kill(pid, signal);
}

static bool IsFrozen(pid_t pid) {
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
    const std::string stat = ReadFile(task.path() / "stat");
    const std::size_t end = stat.rfind(") ");
    if (end != std::string::npos && stat[end + 2] != 'T') return false;
  }
  return !error;
}

void Freeze(pid_t pid) {
  Kill(pid, SIGSTOP);
  CHECK(Eventually([&] { return IsFrozen(pid); }));
}

std::vector<pid_t> ChildrenWith(pid_t parent, const std::string& text) {
  std::vector<pid_t> found;
  for (const pid_t pid : ProcessesWith(text)) {
    std::istringstream stat(StatOf(pid));
    char state = 0;
    pid_t its_parent = 0;
    stat >> state >> its_parent;
    if (its_parent == parent && state != 'Z') found.push_back(pid);
  }
  return found;
}

double Slack() {
  const char* text = ::getenv("MUSTER_TEST_SLACK");
  return text != nullptr && ::atof(text) > 0 ? ::atof(text) : 3.0;
}

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds time) {
  const auto deadline =
      Clock::now() + std::chrono::duration_cast<std::chrono::milliseconds>(time * Slack());
  while (Clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

std::vector<pid_t> ProcessesWith(const std::string& text) {
  std::vector<pid_t> found;
  ForEachProcess([&](pid_t pid) {
    std::string command = ReadFile("/proc/" + std::to_string(pid) + "/cmdline");
    for (char& c : command) {
      if (c == '\0') c = ' ';
    }
    if (pid != ::getpid() && command.find(text) != std::string::npos) found.push_back(pid);
  });
  return found;
}

std::string UniqueSeconds() {
  static int count = 0;
  return "1" + std::to_string(100000 + ::getpid() % 100000) + std::to_string(100 + ++count);
}

}  // namespace muster::test
