#include "tests/integration/measuring.h"

#include <dirent.h>
#include <stdlib.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

#include "tests/integration/watching.h"

namespace muster::test {
namespace {

constexpr int kEverydayDivisor = 20;

std::vector<pid_t> AllPids() {
  std::vector<pid_t> pids;
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = ::readdir(proc)) {
    if (const pid_t pid = ::atoi(entry->d_name); pid > 0) pids.push_back(pid);
  }
  ::closedir(proc);
  return pids;
}

std::string CommandOf(pid_t pid) {
  std::string command = ReadFile("/proc/" + std::to_string(pid) + "/cmdline");
  std::replace(command.begin(), command.end(), '\0', ' ');
  return command;
}

}  // namespace

int Rounds(int full) {
  const char* text = ::getenv("MUSTER_TEST_ROUNDS");
  const int given = text != nullptr ? ::atoi(text) : 0;
  return std::max(1, full / (given > 0 ? given : kEverydayDivisor));
}

std::uint64_t Seed() {
  const char* text = ::getenv("MUSTER_TEST_SEED");
  const std::uint64_t seed =
      text != nullptr ? ::strtoull(text, nullptr, 10) : std::random_device()();
  std::cout << "seed " << seed << " (MUSTER_TEST_SEED)" << std::endl;
  return seed;
}

long AnonymousKiB(pid_t pid) {
  const std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find("RssAnon:");
  return at == std::string::npos ? 0 : ::atol(status.c_str() + at + 8);
}

int DescriptorsOf(pid_t pid) {
  DIR* folder = ::opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
  if (folder == nullptr) return 0;
  int count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(folder);
  return count;
}

std::vector<ProcessFacts> DescendantsOf(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t each : AllPids()) {
    const std::string stat = ReadFile("/proc/" + std::to_string(each) + "/stat");
    const std::size_t name_end = stat.rfind(") ");
    if (name_end == std::string::npos || stat[name_end + 2] == 'Z') continue;
    children.emplace(::atoi(stat.c_str() + name_end + 4), each);
  }
  std::vector<ProcessFacts> found;
  std::vector<ProcessFacts> open = {{pid, 0, 0, ""}};
  while (!open.empty()) {
    const ProcessFacts parent = open.back();
    open.pop_back();
    const auto [begin, end] = children.equal_range(parent.pid);
    for (auto child = begin; child != end; ++child) {
      open.push_back({child->second, parent.pid, parent.depth + 1, CommandOf(child->second)});
      found.push_back(open.back());
    }
  }
  return found;
}

std::vector<pid_t> WorkersOf(pid_t daemon) {
  std::vector<pid_t> workers;
  for (const ProcessFacts& process : DescendantsOf(daemon)) {
    if (process.depth == 4 && process.command.find("clusterd-zygote") == 0) {
      workers.push_back(process.pid);
    }
  }
  return workers;
}

std::vector<pid_t> ProcessesWithVariable(const std::string& variable) {
  std::vector<pid_t> found;
  const std::string wanted = '\0' + variable + '\0';
  for (const pid_t pid : AllPids()) {
    const std::string text = '\0' + ReadFile("/proc/" + std::to_string(pid) + "/environ") + '\0';
    if (text.find(wanted) != std::string::npos) found.push_back(pid);
  }
  return found;
}

std::string Commands(const std::vector<pid_t>& pids) {
  std::ostringstream text;
  for (const pid_t pid : pids) text << pid << ": " << CommandOf(pid) << "\n";
  return text.str();
}

}  // namespace muster::test
