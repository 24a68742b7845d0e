// The limit of open files of this process. The soft one, 1024 as a rule, is for programs that use
// select(2); a connection takes two descriptors, and a cluster may have thousands of nodes.
// Thread-safe.
#pragma once

#include <sys/types.h>

#include <string>

namespace muster {

// Raises the soft limit to the hard one; the first call does.
void RaiseDescriptorLimit();
// Gives a child that was just started the soft limit that this process was given: what it runs in
// turn is not to see that we raised ours.
void PassOnDescriptorLimit(pid_t child);

// Why no descriptor could be had, given the errno, and what to do about it.
std::string WhyNoDescriptor(int error);

}  // namespace muster
