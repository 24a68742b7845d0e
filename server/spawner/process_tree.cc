#include "server/spawner/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include "common/unique_fd.h"

namespace muster::server {
namespace {

// A file of /proc, whole; empty when the process is gone.
std::string ReadFile(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = fd.IsOpen() ? ::read(fd.get(), buffer, sizeof(buffer)) : -1;
    if (size <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

std::chrono::microseconds FromTicks(unsigned long ticks) {
  static const long per_second = ::sysconf(_SC_CLK_TCK);
  return std::chrono::microseconds(ticks * 1'000'000 / static_cast<unsigned long>(per_second));
}

// Fields of /proc/PID/stat from the third on; the second, the name, may hold spaces and brackets.
bool ReadProcess(pid_t pid, Process& process) {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return false;
  char state = 0;
  int parent = 0;
  int group = 0;
  int session = 0;
  unsigned long user = 0;
  unsigned long system = 0;
  long waited_user = 0;
  long waited_system = 0;
  long pages = 0;
  if (std::sscanf(
          stat.c_str() + name_end + 1,
          " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d %*d %*d %*d %*u %*u "
          "%ld",
          &state, &parent, &group, &session, &user, &system, &waited_user, &waited_system,
          &pages) != 9) {
    return false;
  }
  process = {pid, parent, session, state == 'Z' || state == 'X'};
  const std::size_t name = stat.find('(') + 1;
  process.name = stat.substr(name, name_end - name);
  process.cpu = FromTicks(user + system);
  process.waited_cpu = FromTicks(static_cast<unsigned long>(waited_user + waited_system));
  process.memory_bytes =
      static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return true;
}

void AppendChildrenOfThread(const std::string& folder, std::vector<Process>& children) {
  const std::string text = ReadFile(folder + "/children");
  const char* at = text.c_str();
  for (;;) {
    char* end = nullptr;
    const long pid = std::strtol(at, &end, 10);
    if (end == at) return;
    at = end;
    Process process;
    if (ReadProcess(static_cast<pid_t>(pid), process)) children.push_back(process);
  }
}

// Every thread has a list of its own.
std::vector<Process> ChildrenOf(pid_t pid) {
  std::vector<Process> children;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return children;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') AppendChildrenOfThread(folder + "/" + entry->d_name, children);
  }
  ::closedir(directory);
  return children;
}

}  // namespace

std::vector<Process> ChildrenOfSelf() {
  std::vector<Process> children;
  AppendChildrenOfThread("/proc/thread-self", children);
  return children;
}

std::vector<Process> AllProcesses() {
  std::vector<Process> found;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return found;
  while (const dirent* entry = ::readdir(directory)) {
    const pid_t pid = std::atoi(entry->d_name);
    Process process;
    if (pid > 0 && ReadProcess(pid, process) && !process.zombie) found.push_back(process);
  }
  ::closedir(directory);
  return found;
}

std::vector<Process> Descendants(const std::vector<Process>& roots) {
  std::vector<Process> found;
  std::vector<Process> open(roots);
  std::set<pid_t> seen;
  while (!open.empty()) {
    const Process process = open.back();
    open.pop_back();
    if (!seen.insert(process.pid).second) continue;
    if (!process.zombie) found.push_back(process);
    for (const Process& child : ChildrenOf(process.pid)) open.push_back(child);
  }
  return found;
}

std::set<pid_t> KillTrees(const std::vector<Process>& roots,
                          const std::function<bool(const Process&)>& doomed) {
  std::set<pid_t> stopped;
  for (bool found_new = true; found_new;) {
    found_new = false;
    for (const Process& process : Descendants(roots)) {
      if (doomed(process) && stopped.insert(process.pid).second) {
        ::kill(process.pid, SIGSTOP);
        found_new = true;
      }
    }
  }
  for (const pid_t pid : stopped) ::kill(pid, SIGKILL);
  return stopped;
}

}  // namespace muster::server
