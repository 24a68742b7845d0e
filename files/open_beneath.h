// Opens one name in a folder, and nothing that it may lead to: no symlink is followed, whoever puts
// one there in between. Thread-safe.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/unique_fd.h"

namespace muster::files {

// As openat(2), by openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS.
// `name` is a plain one (IsPlainName), so that O_NOFOLLOW says the same where the kernel (before
// 5.6) or a sandbox has no openat2. Not open: errno says why.
UniqueFd OpenBeneath(int folder, const std::string& name, int flags, mode_t mode = 0);

}  // namespace muster::files
