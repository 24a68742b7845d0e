// AuditLog: who had what run here, as whom, and how it ended: one line of JSON each, appended to a
// file. Opened with the rights that clusterd starts with; afterwards it can only add. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "common/mutex.h"
#include "common/unique_fd.h"
#include "server/execution/execution_request.h"
#include "server/execution/outcome.h"
#include "server/identity/identity.h"

namespace muster::server {

class AuditLog {
 public:
  // Makes the file (0600) and its folder (0700) if they are missing. FailedPrecondition: it is no
  // ordinary file, or others may write to it or read it.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const std::string& path,
                                                        const std::string& node);

  // Each is in the file when this returns OK; otherwise nothing of it is, and the error says why. A
  // text of a caller's cannot look like a line of ours: control characters, quotes and all that is
  // not ASCII are escaped. The values of environment variables are never written.
  absl::Status Begin(const ExecutionRequest& request);
  absl::Status End(const ExecutionRequest& request, const Outcome& outcome);
  absl::Status OpenSession(const Identity& identity, const std::string& session);
  // Of somebody else's execution.
  absl::Status Stopped(const Identity& identity, const ExecutionKey& key);
  absl::Status Denied(const Identity& identity, const std::string& what);

  const std::string& path() const { return path_; }

 private:
  AuditLog(std::string path, std::string node, UniqueFd file)
      : path_(std::move(path)), node_(std::move(node)), file_(std::move(file)) {}
  absl::Status Append(std::string line) MUSTER_EXCLUDES(mutex_);

  const std::string path_;
  const std::string node_;
  Mutex mutex_;
  const UniqueFd file_;  // written under the lock, so that what a full disk cut can be taken back
};

}  // namespace muster::server
