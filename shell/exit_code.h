// Exit codes: what a line, and the whole shell, ends with. Pure functions; thread-safe.
#pragma once

#include "client/ClusterAPI.h"

namespace muster::clustershell {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;         // a node failed
inline constexpr int kExitUsage = 2;          // the line, a flag or the configuration is wrong
inline constexpr int kExitNoMatch = 3;        // the target names no node
inline constexpr int kExitUnreachable = 4;    // a node could not be reached, or was lost on the way
inline constexpr int kExitInterrupted = 130;  // Ctrl-C
inline constexpr int kExitOutputClosed = 141;  // nobody reads our stdout any more (128 + SIGPIPE)

// Of two codes the one that counts: 2, 3, 4, 1, then the larger of a program's own codes, then 0.
int WorseExit(int a, int b);

// Skipped counts as ok.
int ExitOf(const Outcome& outcome);

// Of the command itself, as a shell would tell it: 128 + n for signal n, 124 when its time was
// over, 255 when the node was not reached or lost, 1 for what else went wrong.
int RemoteCodeOf(const Outcome& outcome);

}  // namespace muster::clustershell
