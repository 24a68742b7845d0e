// Account: a user of this machine, as its user database (passwd, LDAP, …) knows it. Thread-safe;
// may block on a database that is far away.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <optional>
#include <string>

namespace muster {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
  std::string home;
  std::string shell;
};

// Empty: the database has no such user.
std::optional<Account> AccountOf(uid_t uid);
// By name or number. NotFound: there is none of this name; a number always is one.
absl::StatusOr<uid_t> FindUser(const std::string& name);
absl::StatusOr<gid_t> FindGroup(const std::string& name);
// "alice", or "1001" for a number without a name.
std::string UserName(uid_t uid);

}  // namespace muster
