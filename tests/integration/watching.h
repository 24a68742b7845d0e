// What tests of real daemons look at from outside: time, files and processes. Needs nothing of the
// wire, so that a test may link the client library beside it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace muster::test {

// Polls until `condition` holds; false when it did not within `time` times MUSTER_TEST_SLACK.
bool Eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds time = std::chrono::seconds(5));
// MUSTER_TEST_SLACK, default 3: what a promised time is multiplied with before it is asserted.
double Slack();
// Pids whose command line holds `text`, zombies left out.
std::vector<pid_t> ProcessesWith(const std::string& text);
// As kill(2), of one process: a number that means many, because somebody was not found, fails the
// test instead.
void Kill(pid_t pid, int signal);
// SIGSTOP, and waits until no thread of the process runs any more: one may still answer before the
// signal has reached another.
void Freeze(pid_t pid);
// Those of ProcessesWith() whose parent is `parent`.
std::vector<pid_t> ChildrenWith(pid_t parent, const std::string& text);
// A number that no other process's command line holds, for `sleep`.
std::string UniqueSeconds();
// The whole file; empty when it is not there.
std::string ReadFile(const std::string& path);
// Of one of our programs, in $MUSTER_BIN_DIR, which ctest sets.
std::string ProgramPath(const std::string& name);

}  // namespace muster::test
