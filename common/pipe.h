// Two ends of something, both closed on exec. False: errno tells why.
#pragma once

#include "common/unique_fd.h"

namespace muster {

// `flags`: as of pipe2, for both ends.
bool MakePipe(UniqueFd& read, UniqueFd& write, int flags = 0);
// A stream of bytes each way.
bool MakeSocketPair(UniqueFd& one, UniqueFd& other);

}  // namespace muster
