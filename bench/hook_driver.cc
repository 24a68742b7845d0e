// Calls of a hook that does nothing, and what there is without one, for row H1:
//   hook_driver CALLS FOLDER     prints microseconds for each call as a line of JSON
// FOLDER holds noop.py, which has pre_execute, and absent.py, which has not.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "provision/execution_hooks.h"
#include "provision/hooks.h"

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

// Reads lines of JSON and answers each: what a process of Python costs with nothing around it.
constexpr char kEcho[] =
    "import json, sys\n"
    "for line in sys.stdin:\n"
    "    print(json.dumps(json.loads(line)), flush=True)\n";

double MicrosecondsOfEach(Clock::time_point begun, int calls) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count() / calls;
}

muster::provision::HookedExecution Execution(muster::ExecuteOptions& options) {
  return {"bench", "shell", "true", false, {"n1", "n2"}, {"n1", "n2"}, &options};
}

bool UseHook(const std::string& folder, const std::string& name) {
  muster::provision::HookSettings settings;
  settings.enabled.names = {name};
  settings.folders = {folder};
  auto hooks = muster::provision::Hooks::Open(settings);
  if (!hooks.ok()) std::cerr << hooks.status() << "\n";
  if (hooks.ok()) muster::provision::Hooks::Set(*std::move(hooks));
  return hooks.ok();
}

// Negative: one went wrong.
double Fire(int calls) {
  muster::ExecuteOptions options;
  auto first = Execution(options);
  if (!muster::provision::BeforeExecution(first, {}).ok()) return -1;  // it is loaded now
  const auto begun = Clock::now();
  for (int i = 0; i < calls; ++i) {
    auto execution = Execution(options);
    if (!muster::provision::BeforeExecution(execution, {}).ok()) return -1;
  }
  return MicrosecondsOfEach(begun, calls);
}

std::string ReadLine(int fd) {
  std::string line;
  char buffer[4096];
  while (line.empty() || line.back() != '\n') {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) return "";
    line.append(buffer, static_cast<std::size_t>(count));
  }
  return line;
}

double Bare(int calls) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 0);
    ::dup2(ends[1], 1);
    ::execl("/usr/bin/python3", "python3", "-c", kEcho, nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  const json request = {
      {"arguments", {{"request", {{"command", "true"}, {"targets", {"n1", "n2"}}}}}}};
  double each = 0;
  Clock::time_point begun;
  for (int i = -1; i < calls && each >= 0; ++i) {
    if (i == 0) begun = Clock::now();  // it has started
    const std::string line = request.dump() + "\n";
    if (::write(ends[0], line.data(), line.size()) < 0) each = -1;
    if (json::parse(ReadLine(ends[0]), nullptr, false) != request) each = -1;
  }
  if (each >= 0) each = MicrosecondsOfEach(begun, calls);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return each;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int calls = std::atoi(argv[1]);
  const double bare = Bare(calls);  // before there are threads
  if (!UseHook(argv[2], "absent")) return 1;
  const double absent = Fire(calls);
  if (!UseHook(argv[2], "noop")) return 1;
  const double noop = Fire(calls);
  muster::provision::Hooks::Set(nullptr);
  std::cout << json{{"noop_us", noop}, {"absent_us", absent}, {"bare_us", bare}} << "\n";
  return noop > 0 && absent > 0 && bare > 0 ? 0 : 1;
}
