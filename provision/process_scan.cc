#include "provision/process_scan.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <system_error>
#include <thread>

#include "common/unique_fd.h"

namespace muster::provision {
namespace {

constexpr std::chrono::milliseconds kPoll{5};
constexpr std::chrono::milliseconds kSlowPoll{50};
constexpr std::chrono::seconds kKillTime{5};

// Empty: it cannot be read.
std::string Contents(pid_t pid, const char* name) {
  const std::string path = absl::StrCat("/proc/", pid, "/", name);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while (file.IsOpen() && (count = ::read(file.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

// Of texts that each end with a NUL.
bool Holds(const std::string& texts, const std::string& text) {
  for (absl::string_view one : absl::StrSplit(texts, '\0')) {
    if (one == text) return true;
  }
  return false;
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> all;
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry("/proc", ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      all.push_back(static_cast<pid_t>(::strtol(name.c_str(), nullptr, 10)));
    }
  }
  return all;
}

// 0: it is gone.
pid_t ParentOf(pid_t pid) {
  const std::string stat = Contents(pid, "stat");
  const std::size_t behind_name = stat.rfind(')');
  if (behind_name == std::string::npos || behind_name + 4 > stat.size()) return 0;
  return static_cast<pid_t>(::strtol(stat.c_str() + behind_name + 4, nullptr, 10));
}

}  // namespace

bool HasArguments(pid_t pid, const std::vector<std::string>& arguments) {
  if (pid <= 0) return false;
  const std::vector<std::string> words = absl::StrSplit(Contents(pid, "cmdline"), '\0');
  return std::search(words.begin(), words.end(), arguments.begin(), arguments.end()) != words.end();
}

std::vector<pid_t> ProcessesWithArguments(const std::vector<std::string>& arguments) {
  std::vector<pid_t> found;
  for (const pid_t pid : AllProcesses()) {
    if (HasArguments(pid, arguments)) found.push_back(pid);
  }
  return found;
}

std::vector<pid_t> ProcessesWithVariable(const std::string& variable) {
  std::vector<pid_t> found;
  for (const pid_t pid : AllProcesses()) {
    if (pid != ::getpid() && Holds(Contents(pid, "environ"), variable)) found.push_back(pid);
  }
  return found;
}

std::vector<pid_t> WithDescendants(const std::vector<pid_t>& processes) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : AllProcesses()) children.emplace(ParentOf(pid), pid);
  std::vector<pid_t> tree = processes;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [begin, end] = children.equal_range(tree[i]);
    for (auto child = begin; child != end; ++child) {
      if (std::find(tree.begin(), tree.end(), child->second) == tree.end()) {
        tree.push_back(child->second);
      }
    }
  }
  return tree;
}

absl::Status EndProcesses(const std::function<std::vector<pid_t>()>& find,
                          std::chrono::steady_clock::time_point deadline) {
  std::vector<pid_t> told;
  auto poll = kPoll;
  while (true) {
    const std::vector<pid_t> left = find();
    if (left.empty()) return absl::OkStatus();
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline + kKillTime) {
      return absl::DeadlineExceededError(absl::StrCat("the processes ", absl::StrJoin(left, ", "),
                                                      " do not end, not even by SIGKILL"));
    }
    for (const pid_t pid : left) {
      if (now >= deadline) {
        ::kill(pid, SIGKILL);
      } else if (std::find(told.begin(), told.end(), pid) == told.end()) {
        ::kill(pid, SIGTERM);
        ::kill(pid, SIGCONT);  // one that is stopped would not hear it
        told.push_back(pid);
      }
    }
    std::this_thread::sleep_for(poll);
    poll = std::min<std::chrono::milliseconds>(poll * 2, kSlowPoll);
  }
}

}  // namespace muster::provision
