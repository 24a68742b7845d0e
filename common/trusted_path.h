// The way to a file: every folder and every symbolic link between / and it, and whether anybody
// but this user and root could make it lead elsewhere. The part of trusted_file that looks at
// names. Thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <sys/stat.h>

#include <string>

namespace muster {

// Goes the way of the kernel, following links by hand, and gives what stands at its end, which is
// not judged. PermissionDenied: the folder or link that is not to be trusted, why, and the command
// that mends it. A relative path begins at the working directory, whose parents count, too.
absl::StatusOr<struct stat> WalkTrusted(const std::string& path);

// Of this user (the effective one) or root.
bool IsOurs(const struct stat& info);

// "it belongs to user 7, neither to you nor to root; say: chown 0 PATH".
std::string ForeignOwner(const std::string& path, const struct stat& info);

// As one word of a shell.
std::string QuotedForShell(const std::string& text);

}  // namespace muster
