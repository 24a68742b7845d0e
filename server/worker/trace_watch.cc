#include "server/worker/trace_watch.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "server/spawner/process_tree.h"
#include "server/worker/interposed.h"

namespace muster::server {
namespace {

// No process is made in less.
constexpr std::int64_t kTimeForProcessNs = 10'000;
// A close look takes a small part of this.
constexpr std::int64_t kLongNs = 200'000;
constexpr unsigned kShortOnesBetweenLooks = 64;

// Living children of our supervisor beside us: a process whose parents have ended becomes its
// child.
bool HasLivingSiblings() {
  const std::vector<Process> children = ChildrenOf(::getppid());
  const bool sees_us = std::any_of(children.begin(), children.end(), [](const Process& process) {
    return process.pid == ::getpid();
  });
  // Where /proc does not show them there may be some.
  return !sees_us || std::any_of(children.begin(), children.end(), [](const Process& process) {
    return process.pid != ::getpid() && !process.zombie;
  });
}

}  // namespace

bool TraceWatch::Start(PyObject* environment) {
  if (!interpreter_.Start(environment)) return false;
  process_.Note();
  ::getrusage(RUSAGE_CHILDREN, &children_);
  ForgetCalls();
  return true;
}

bool TraceWatch::HasProcesses(bool is_suspicious) {
  for (;;) {
    siginfo_t info;
    info.si_pid = 0;
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0) break;
    if (info.si_pid == 0) return true;
  }
  // One that was waited for may have left others.
  rusage now{};
  ::getrusage(RUSAGE_CHILDREN, &now);
  if (!is_suspicious && ::memcmp(&now, &children_, sizeof(now)) == 0) return false;
  children_ = now;
  return HasLivingSiblings();
}

TraceWatch::Found TraceWatch::Look(std::int64_t took_ns) {
  if (WereTracesTouched() || took_ns >= kLongNs || ++since_close_look_ >= kShortOnesBetweenLooks) {
    return LookClosely();
  }
  Found found;
  if (took_ns >= kTimeForProcessNs) {
    found.processes = HasProcesses(false);
    if (process_.HasNewDescriptor()) found.why = "an open descriptor";
  }
  if (const char* why = interpreter_.Settle()) found.why = why;
  return found;
}

TraceWatch::Found TraceWatch::LookClosely() {
  since_close_look_ = 0;
  const bool is_touched = WereTracesTouched();
  Found found;
  found.processes = HasProcesses(is_touched);
  found.why = interpreter_.Settle();
  if (found.why == nullptr) found.why = interpreter_.CompareClosely();
  if (is_touched && found.why == nullptr) found.why = interpreter_.CompareSignals();
  if (is_touched && found.why == nullptr) found.why = process_.Compare();
  if (found.why == nullptr && process_.HasNewDescriptor()) found.why = "an open descriptor";
  ForgetCalls();  // our own, too
  return found;
}

}  // namespace muster::server
