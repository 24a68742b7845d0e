// The folder in which Muster keeps what has to outlive its programs. Pure but for the environment
// and the folders that it makes.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

namespace muster::provision {

// muster in $XDG_STATE_HOME, else ~/.local/state/muster. FailedPrecondition: neither is known.
absl::StatusOr<std::string> StateFolder();
// Makes the folder and those above it, for this user alone. Unavailable: it cannot be made.
absl::Status MakeFolders(const std::string& path);
// The user that this process is, by name, else by number.
std::string OwnerName();
// Replaces the file as a whole, so that a reader finds the old text or the new one, also after the
// machine stopped in between; mode 0600.
absl::Status ReplaceFile(const std::string& path, const std::string& text);
// Removes the file, and what writers that were killed left beside it. Ok: also when there is none.
absl::Status RemoveFile(const std::string& path);
// NotFound: there is none. At most 16 MiB.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace muster::provision
