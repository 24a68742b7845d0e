#include "server/worker/interposed.h"

// None of the headers that declare the functions below: here they are all alike, taking up to four
// words and giving one.
#include <dlfcn.h>

namespace {

using Function = long (*)(long, long, long, long);

// Written by children of vfork, too.
volatile bool was_called = false;

// The last descriptor that is the worker's own: the channel.
constexpr long kLastOwn = 3;

Function Find(Function& next, const char* name) {
  if (next == nullptr) next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
  return next;
}

}  // namespace

// Found before a child of vfork, or a signal handler, may need it. `condition` is about the
// arguments a to d.
#define MUSTER_STAND_BEFORE(name, condition)                                           \
  static Function next_##name = nullptr;                                               \
  __attribute__((constructor)) static void Find_##name() { Find(next_##name, #name); } \
  extern "C" __attribute__((visibility("default"), used)) long Before_##name(          \
      long a, long b, long c, long d) asm(#name);                                      \
  extern "C" long Before_##name(long a, [[maybe_unused]] long b, long c, long d) {     \
    if (condition) was_called = true;                                                  \
    return Find(next_##name, #name)(a, b, c, d);                                       \
  }

#define MUSTER_NOTE(name) MUSTER_STAND_BEFORE(name, true)

// MUSTER_NOTED is CMake's, which also exports them.
MUSTER_NOTED

// Python closes files all day long; those of the worker it does not.
MUSTER_STAND_BEFORE(close, static_cast<int>(a) <= kLastOwn)
MUSTER_STAND_BEFORE(dup2, static_cast<int>(b) <= kLastOwn)
MUSTER_STAND_BEFORE(dup3, static_cast<int>(b) <= kLastOwn)
MUSTER_STAND_BEFORE(close_range, static_cast<unsigned>(a) <= kLastOwn)
MUSTER_STAND_BEFORE(closefrom, static_cast<int>(a) <= kLastOwn)

namespace muster::server {

bool WereTracesTouched() { return was_called; }
void ForgetCalls() { was_called = false; }

}  // namespace muster::server
