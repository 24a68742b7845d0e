// ChildGuard: what kills the children of this process that are not to outlive it, should it end
// without doing so itself, even by SIGKILL: a shell of its own that holds one end of a socket and,
// at its end of file, kills the groups that it was told of. Not PR_SET_PDEATHSIG: that signal comes
// when the thread that started the child ends, and passes by what the child has started. The guard
// runs while there is somebody to guard. Thread-safe; does nothing in a fork of this process.
#pragma once

#include <sys/types.h>

namespace muster {

class ChildGuard {
 public:
  // Before a process group is started, so that the guard runs by then. Add or Cancel follows.
  static void Expect();
  static void Cancel();
  // A process group, from when it was started until just before its leader is reaped: then the
  // number may be another's. When no guard can be started nobody is guarded.
  static void Add(pid_t group);
  static void Remove(pid_t group);
};

}  // namespace muster
