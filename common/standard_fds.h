// Standard descriptors that the caller closed: opened on /dev/null, so that no socket or file of
// ours gets their numbers and is read or written as standard input or output. First thing in main.
#pragma once

namespace muster {

void OpenMissingStandardFds();

}  // namespace muster
