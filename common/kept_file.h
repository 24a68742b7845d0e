// KeptFile: a small text file of a user's that several of his programs read and change at the same
// time. Whoever reads finds a whole text; no change is lost. Immutable, so thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <string>

namespace muster {

class KeptFile {
 public:
  using Edit = std::function<absl::StatusOr<std::string>(const std::string& before)>;

  // `what` it holds, for messages: "the tags of nodes". An empty path: nothing can be kept.
  KeptFile(std::string path, std::string what);

  // Empty when there is no file, or its folder is closed to us. PermissionDenied: it cannot be
  // read, or somebody else could have written it (Trust::kNamed); InvalidArgument: it is too large.
  absl::StatusOr<std::string> Read() const;
  // Has its text replaced by what the edit makes of it, whose error ends this. Makes the file and
  // its folders. While it runs, the changes of others wait. Unavailable: it cannot be written, and
  // is as before.
  absl::Status Change(const Edit& edit) const;

 private:
  absl::Status CannotWrite() const;
  absl::Status Replace(const std::string& text) const;

  std::string path_;
  std::string what_;
};

}  // namespace muster
