#include "tests/integration/crowd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <sstream>

#include "common/pipe.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

namespace muster::test {
namespace {

constexpr std::size_t kMostStarting = 64;
constexpr int kLifelineFd = 3;
constexpr std::chrono::seconds kEnd(20);

// What one node takes of the machine, commands included, generously.
constexpr long kMiB = kMemoryMeansSomething ? 10 : 150;
constexpr long kProcesses = 24;  // and threads
constexpr long kDescriptors = 6;

long AvailableMiB() {
  const std::string text = ReadFile("/proc/meminfo");
  const std::size_t at = text.find("MemAvailable:");
  return at == std::string::npos ? 0 : ::atol(text.c_str() + at + 13) / 1024;
}

// Of the control group that this process is in; none: more than anybody needs.
long ProcessesOfGroup() {
  std::istringstream groups(ReadFile("/proc/self/cgroup"));
  long least = 1'000'000'000;
  for (std::string line; std::getline(groups, line);) {
    const std::string path = line.substr(line.rfind(':') + 1);
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/pids"}) {
      const std::string most = ReadFile(root + path + "/pids.max");
      if (!most.empty() && most[0] != 'm') least = std::min(least, ::atol(most.c_str()));
    }
  }
  return least;
}

long NumberIn(const std::string& path) { return ::atol(ReadFile(path).c_str()); }

std::string ReadLine(int fd) {
  std::string line;
  char c = 0;
  while (::read(fd, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

int Crowd::SizeFor(int usual) {
  const char* text = ::getenv("MUSTER_TEST_NODES");
  const long wanted = text != nullptr && ::atoi(text) > 0 ? ::atoi(text) : usual;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  rlimit processes{};
  ::getrlimit(RLIMIT_NPROC, &processes);
  const auto bounded = [](rlim_t limit) {
    return static_cast<long>(std::min<rlim_t>(limit, 1'000'000'000));
  };
  const struct {
    const char* what;
    long bears;
  } bounds[] = {
      {"memory", AvailableMiB() / kMiB},
      {"process numbers", NumberIn("/proc/sys/kernel/pid_max") / kProcesses},
      {"threads", NumberIn("/proc/sys/kernel/threads-max") / kProcesses},
      {"processes of a user", bounded(processes.rlim_cur) / kProcesses},
      {"processes of its control group", ProcessesOfGroup() / kProcesses},
      {"descriptors", (bounded(files.rlim_max) - 200) / kDescriptors},
  };
  long size = wanted;
  for (const auto& bound : bounds) {
    if (bound.bears >= size) continue;
    size = std::max(20L, bound.bears);
    std::cout << wanted << " nodes are wanted; this machine bears " << size << " for its "
              << bound.what << std::endl;
  }
  std::cout << size << " nodes (MUSTER_TEST_NODES)" << std::endl;
  return static_cast<int>(size);
}

Crowd::Crowd(int nodes) : variable_("MUSTER_TRIAL=" + UniqueSeconds()) {
  UniqueFd theirs;
  REQUIRE(MakeSocketPair(lifeline_, theirs));
  std::vector<UniqueFd> said;
  const auto wait_for = [&](std::size_t place) {
    const std::string line = ReadLine(said[place].get());
    INFO("n" << place + 1 << ": " << line);
    REQUIRE(line.find(" listening on unix:") != std::string::npos);
    said[place].Reset();
  };
  std::string list;
  for (int node = 1; node <= nodes; ++node) {
    if (said.size() >= kMostStarting) wait_for(said.size() - kMostStarting);
    const std::string name = "n" + std::to_string(node);
    const std::string address = "unix:" + folder_.path() + "/" + name + ".sock";
    list += (node == 1 ? "" : ",\n  ") + name + "=" + address;
    UniqueFd read;
    UniqueFd write;
    REQUIRE(MakePipe(read, write));
    ChildProcess::Options options;
    options.argv = {ProgramPath("clusterd"),
                    "--name",
                    name,
                    "--listen",
                    address,
                    "--log-level",
                    "warn",
                    "--parent-fd",
                    std::to_string(kLifelineFd)};
    options.fds = {{write.get(), 1}, {2, 2}, {theirs.get(), kLifelineFd}};
    options.extra_environment = {variable_};
    auto started = ChildProcess::Start(options);
    REQUIRE(started.ok());
    daemons_.push_back(*std::move(started));
    said.push_back(std::move(read));
  }
  for (std::size_t place = 0; place < said.size(); ++place) {
    if (said[place].IsOpen()) wait_for(place);
  }
  is_frozen_.resize(daemons_.size());
  configuration_ = folder_.Write("cluster.conf", "[cluster crowd]\nnodes = " + list + "\n");
}

Crowd::~Crowd() { End(); }

void Crowd::Kill(int node) {
  ChildProcess& daemon = daemons_[static_cast<std::size_t>(node - 1)];
  daemon.Kill(SIGKILL);
  REQUIRE(daemon.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
}

void Crowd::Freeze(int node) {
  muster::test::Freeze(Of(node).pid());
  is_frozen_[static_cast<std::size_t>(node - 1)] = true;
}

void Crowd::Thaw(int node) {
  Of(node).Kill(SIGCONT);
  is_frozen_[static_cast<std::size_t>(node - 1)] = false;
}

bool Crowd::End() {
  for (int node = 1; node <= size(); ++node) {
    if (is_frozen_[static_cast<std::size_t>(node - 1)]) Thaw(node);
  }
  lifeline_.Reset();
  const auto deadline = std::chrono::steady_clock::now() + kEnd;
  for (ChildProcess& daemon : daemons_) {
    if (daemon.WaitUntil(deadline)) continue;
    std::cout << "process " << daemon.pid() << " did not end, and is killed" << std::endl;
    daemon.Kill(SIGKILL);
    daemon.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  }
  if (Eventually([&] { return ProcessesWithVariable(variable_).empty(); })) return true;
  std::cout << "left:\n" << Commands(ProcessesWithVariable(variable_)) << std::flush;
  return false;
}

}  // namespace muster::test
