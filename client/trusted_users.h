// TrustedUsers: whose daemons on this machine get the commands of a cluster: one's own, root's, and
// those of the users that its configuration names. Whoever made a socket gets to see what is sent
// there. Immutable, so thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace muster {

class TrustedUsers {
 public:
  // One's own and root's only. `cluster`: whose configuration may name more; empty: there is none.
  explicit TrustedUsers(std::string cluster = {}) : cluster_(std::move(cluster)) {}
  // `users`: names or numbers, separated by commas or lines. InvalidArgument names the one that is
  // no user here.
  static absl::StatusOr<TrustedUsers> Parse(const std::string& cluster, const std::string& users);

  // PermissionDenied says who serves, and which key would allow it.
  absl::Status Check(uid_t server) const;

  bool operator==(const TrustedUsers& other) const = default;

 private:
  std::string cluster_;
  std::vector<uid_t> users_;
};

// "user 1001 (alice)".
std::string DescribeUser(uid_t user);

}  // namespace muster
