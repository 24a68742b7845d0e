// Files and folders that decide what happens: opened only when nobody but this user and root could
// have written them, as OpenSSH's StrictModes does it. Everything is looked at after it was opened,
// on the descriptor, so that nobody can exchange it in between. Thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

#include "common/unique_fd.h"

namespace muster {

enum class Trust {
  // The user named the file: it must be his or root's, and not writable by everybody. Where it
  // lies,
  // and which group may write to it, is his business.
  kNamed,
  // It was found, or decides for others: it must be this user's or root's and not writable by its
  // group or others; so must be every symbolic link and every folder on the way to it (a sticky
  // folder, as /tmp, may be writable).
  kStrict,
  // kStrict, and neither group nor others may read it: keys.
  kSecret,
};

// A regular file, open for reading. A FIFO does not block.
// NotFound: it is not there. PermissionDenied: it cannot be opened, or is not to be trusted: which
// path is wrong, why, and the command that mends it. InvalidArgument: it is no regular file.
absl::StatusOr<UniqueFd> OpenTrustedFile(const std::string& path, Trust trust);

enum class Sharing {
  kNone,    // only this user or root may make files in it
  kSticky,  // it may be as /tmp is
};

// A folder that we keep files in: its owner is this user or root, and others may not write to it;
// the same for every folder and symbolic link on the way. Open, for fstatfs and openat. Errors as
// above, and FailedPrecondition instead of PermissionDenied where it is not to be trusted.
absl::StatusOr<UniqueFd> OpenTrustedFolder(const std::string& path, Sharing sharing);

}  // namespace muster
