#include "server/spawner/process_tree.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace muster::server;  // NOLINT: a test of this namespace

namespace {

// A child that waits to be killed.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  Process Look() const {
    for (const Process& process : ChildrenOfSelf()) {
      if (process.pid == pid_) return process;
    }
    return {};
  }
  // By this signal; 0: it lives.
  int EndedBy() const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == 0 ? 0 : info.si_status;
  }

 private:
  const pid_t pid_;
};

}  // namespace

TEST_CASE("a signal goes to the process that was meant, not to one that has its number by now") {
  const Child child;
  const Process now = child.Look();
  REQUIRE(now.pid == child.pid());
  REQUIRE(now.started > 0);
  Process before = now;
  --before.started;
  CHECK_FALSE(SignalProcess(before, SIGKILL));
  CHECK(KillTrees({before}, [&](const Process& process) {
          return process.started == before.started;
        }).empty());
  CHECK(child.EndedBy() == 0);
  CHECK(SignalProcess(now, SIGKILL));
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);
  CHECK(child.EndedBy() == SIGKILL);
}

TEST_CASE("a tree is killed to its last process") {
  const Child child;
  CHECK(KillTrees({child.Look()}) == std::set<pid_t>{child.pid()});
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);
  CHECK(info.si_status == SIGKILL);
}
