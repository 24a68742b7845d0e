// What the trials measure: how often and with what chance they go, and what a process holds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace muster::test {

// With the thread sanitizer the daemon takes a multiple of the time, and so does every flood.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kTimeMeansSomething = false;
#else
inline constexpr bool kTimeMeansSomething = true;
#endif

// Sanitizers keep what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryMeansSomething = false;
#else
inline constexpr bool kMemoryMeansSomething = true;
#endif

// `full`, divided by MUSTER_TEST_ROUNDS (default 20; 1 gives the full count); at least 1.
int Rounds(int full);
// MUSTER_TEST_SEED, or one that nobody chose; printed either way, so that a run can be repeated.
std::uint64_t Seed();

// RssAnon of /proc/PID/status in KiB: what a process allocated and touched; 0 when it is gone.
long AnonymousKiB(pid_t pid);
// How many descriptors it has open.
int DescriptorsOf(pid_t pid);
struct ProcessFacts {
  pid_t pid = 0;
  pid_t parent = 0;
  int depth = 0;        // 1: a child
  std::string command;  // its arguments, a space between two
};
// Its children, theirs, and so on; zombies left out.
std::vector<ProcessFacts> DescendantsOf(pid_t pid);
// The warm workers of a daemon: children of children of its zygotes.
std::vector<pid_t> WorkersOf(pid_t daemon);
// Pids of processes whose environment, as they were started with it, holds NAME=VALUE.
std::vector<pid_t> ProcessesWithVariable(const std::string& variable);
// Those pids with their commands, one line each: for the message of a test that failed.
std::string Commands(const std::vector<pid_t>& pids);

}  // namespace muster::test
