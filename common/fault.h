// Faults: steps that fail or wait because a test said so in $MUSTER_FAULT, so that every error path
// is walked. Built in only with the CMake option MUSTER_FAULTS (the presets dev, asan and tsan);
// what users run has nothing of it.
//
//   MUSTER_FAULT := RULE {"," RULE}
//   RULE         := STEP ":" ("fail" | "exit" | "delay=" DURATION) ["@" N]
//
// A step is named where it stands. @N: the Nth time that a process passes there, from 1; without
// it: every time. `exit` ends the process, as if it had been killed. For processes with one thread,
// and for one thread of the others.
#pragma once

namespace muster {

#if defined(MUSTER_FAULTS)
// True: the step is to fail. Waits or ends the process when that is the rule.
bool FaultAt(const char* step);
#else
inline constexpr bool FaultAt(const char*) { return false; }
#endif

}  // namespace muster
