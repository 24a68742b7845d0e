#include "provision/process_scan.h"

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
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "common/unique_fd.h"

namespace muster::provision {
namespace {

constexpr std::chrono::milliseconds kPoll{5};
constexpr std::chrono::milliseconds kSlowPoll{50};
constexpr std::chrono::seconds kKillTime{5};
constexpr std::chrono::milliseconds kExecTime{100};
constexpr std::chrono::milliseconds kExecPoll{1};

// nullopt: it cannot be read, or there is no such process.
std::optional<std::string> Contents(pid_t pid, const char* name) {
  const std::string path = absl::StrCat("/proc/", pid, "/", name);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.IsOpen()) return std::nullopt;
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(file.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  if (count < 0) return std::nullopt;
  return text;
}

// The fields of /proc/PID/stat that follow the name: the first is field 3, the state. Empty: it is
// gone.
std::vector<std::string> StatOf(pid_t pid) {
  const std::string stat = Contents(pid, "stat").value_or("");
  const std::size_t behind_name = stat.rfind(')');
  if (behind_name == std::string::npos || behind_name + 2 > stat.size()) return {};
  return absl::StrSplit(stat.substr(behind_name + 2), ' ');
}

// Of a process without arguments: whether it may have some in a moment. Zombies and threads of the
// kernel never have.
bool MayExec(pid_t pid) {
  constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD
  const std::vector<std::string> fields = StatOf(pid);
  if (fields.size() < 7 || fields[0] == "Z" || fields[0] == "X") return false;
  return (::strtoul(fields[6].c_str(), nullptr, 10) & kKernelThread) == 0;
}

using Predicate = std::function<bool(const std::vector<std::string>& texts)>;

// Those of which `file`, texts that each end with a NUL, is as asked. While a process execs, both
// its arguments and its environment are empty: that is waited out.
std::vector<pid_t> Matching(std::vector<pid_t> candidates, const char* file,
                            const Predicate& matches) {
  const auto deadline = std::chrono::steady_clock::now() + kExecTime;
  std::vector<pid_t> found;
  while (true) {
    std::vector<pid_t> later;
    for (const pid_t pid : candidates) {
      const std::optional<std::string> text = Contents(pid, file);
      if (!text) continue;
      if (text->empty() && MayExec(pid)) later.push_back(pid);
      if (matches(absl::StrSplit(*text, '\0'))) found.push_back(pid);
    }
    if (later.empty() || std::chrono::steady_clock::now() >= deadline) return found;
    candidates = std::move(later);
    std::this_thread::sleep_for(kExecPoll);
  }
}

Predicate AreArguments(const std::vector<std::string>& wanted) {
  return [wanted](const std::vector<std::string>& texts) {
    return std::search(texts.begin(), texts.end(), wanted.begin(), wanted.end()) != texts.end();
  };
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
  const std::vector<std::string> fields = StatOf(pid);
  return fields.size() < 2 ? 0 : static_cast<pid_t>(::strtol(fields[1].c_str(), nullptr, 10));
}

}  // namespace

bool HasArguments(pid_t pid, const std::vector<std::string>& arguments) {
  return pid > 0 && !Matching({pid}, "cmdline", AreArguments(arguments)).empty();
}

std::vector<pid_t> ProcessesWithArguments(const std::vector<std::string>& arguments) {
  return Matching(AllProcesses(), "cmdline", AreArguments(arguments));
}

std::vector<pid_t> ProcessesWithVariable(const std::string& variable) {
  std::vector<pid_t> all = AllProcesses();
  all.erase(std::remove(all.begin(), all.end(), ::getpid()), all.end());
  return Matching(std::move(all), "environ", AreArguments({variable}));
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
