#include "server/spawner/priority.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "common/unique_fd.h"

namespace muster::server {
namespace {

constexpr int kNicer = 5;

// When memory is out, jobs go before the daemon (proc(5), oom_score_adj).
constexpr int kGoesFirst = 500;

void Write(const std::string& process, const char* name, int value) {
  const UniqueFd file(::open(("/proc/" + process + "/" + name).c_str(), O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(value);
  if (!file.IsOpen()) return;
  [[maybe_unused]] const ssize_t written = ::write(file.get(), text.data(), text.size());
}

// Where the kernel groups processes by session (sched(7)), this is what counts between sessions.
void SetAutogroup(const std::string& process, int nice) { Write(process, "autogroup", nice); }

int NiceOf(id_t thread) { return ::getpriority(PRIO_PROCESS, thread); }

}  // namespace

void LowerPriority() {
  ::setpriority(PRIO_PROCESS, 0, NiceOf(0) + kNicer);
  SetAutogroup("self", kNicer);
  Write("self", "oom_score_adj", kGoesFirst);
}

void RestorePriority(pid_t pid) {
  // Each thread has its own.
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    const auto thread = static_cast<id_t>(::atoi(entry->d_name));
    ::setpriority(PRIO_PROCESS, thread, NiceOf(thread) - kNicer);
  }
  ::closedir(directory);
  SetAutogroup(std::to_string(pid), 0);
  Write(std::to_string(pid), "oom_score_adj", 0);
}

}  // namespace muster::server
