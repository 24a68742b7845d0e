#include "server/spawner/process_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>

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
  unsigned long long started = 0;
  if (std::sscanf(
          stat.c_str() + name_end + 1,
          " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d %*d %*d %*d %llu %*u "
          "%ld",
          &state, &parent, &group, &session, &user, &system, &waited_user, &waited_system, &started,
          &pages) != 10) {
    return false;
  }
  process = {pid, parent, session, state == 'Z' || state == 'X'};
  const std::size_t name = stat.find('(') + 1;
  process.name = stat.substr(name, name_end - name);
  process.started = started;
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

}  // namespace

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

namespace {

// None when it is gone, and its number maybe somebody else's; errno says when there is no
// descriptor left.
UniqueFd OpenProcess(const Process& process) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  Process now;
  if (!fd.IsOpen()) return fd;
  // Whoever has the number after the descriptor was opened is who the descriptor means.
  if (!ReadProcess(process.pid, now) || now.started != process.started) {
    errno = ESRCH;
    return {};
  }
  return fd;
}

bool SendSignal(const UniqueFd& process, int signal) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

constexpr std::chrono::milliseconds kLongestWalk{500};

}  // namespace

bool SignalProcess(const Process& process, int signal) {
  const UniqueFd fd = OpenProcess(process);
  return fd.IsOpen() && SendSignal(fd, signal);
}

std::set<pid_t> KillTrees(const std::vector<Process>& roots,
                          const std::function<bool(const Process&)>& doomed) {
  std::set<pid_t> hit;
  std::map<std::pair<pid_t, unsigned long long>, UniqueFd> stopped;
  const auto kill_stopped = [&] {
    for (const auto& [process, fd] : stopped) {
      if (SendSignal(fd, SIGKILL)) hit.insert(process.first);
    }
    stopped.clear();
  };
  const auto end = std::chrono::steady_clock::now() + kLongestWalk;
  for (bool found_new = true; found_new && std::chrono::steady_clock::now() < end;) {
    found_new = false;
    for (const Process& process : Descendants(roots)) {
      const auto key = std::make_pair(process.pid, process.started);
      if (!doomed(process) || stopped.count(key) != 0) continue;
      UniqueFd fd = OpenProcess(process);
      if (!fd.IsOpen() && errno == EMFILE) {
        kill_stopped();  // not all at once, then
        fd = OpenProcess(process);
      }
      if (!fd.IsOpen()) continue;
      SendSignal(fd, SIGSTOP);
      stopped[key] = std::move(fd);
      found_new = true;
    }
  }
  kill_stopped();
  return hit;
}

}  // namespace muster::server
