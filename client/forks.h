// How many forks lie between the program's first process and this one. Asking the kernel who one is
// would cost more than sending a call.
#pragma once

namespace muster {

// Thread-safe; 0 until there was one. Counts those of fork(), not those of a bare clone(2).
int Forks();

// False in a fork of a process that asked before: what gRPC keeps for a process does not survive a
// fork. Thread-safe.
bool IsFirstToUse();

}  // namespace muster
