// Priority: user processes have less CPU weight than the daemon, so that it answers whatever they
// do, and end before it when the machine's memory is out. Stateless.
#pragma once

#include <sys/types.h>

namespace muster::server {

// For this process and all that it will start; after setsid.
void LowerPriority();

// Undoes it for a process that goes on by itself (a service that a command started), as far as our
// rights go: only root may raise a priority.
void RestorePriority(pid_t pid);

}  // namespace muster::server
