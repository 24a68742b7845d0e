#include "client/trusted_users.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <unistd.h>

#include <algorithm>

#include "common/account.h"

namespace muster {

std::string DescribeUser(uid_t user) {
  const std::string name = UserName(user);
  const std::string number = absl::StrCat(user);
  return name == number ? absl::StrCat("user ", number)
                        : absl::StrCat("user ", number, " (", name, ")");
}

absl::StatusOr<TrustedUsers> TrustedUsers::Parse(const std::string& cluster,
                                                 const std::string& users) {
  TrustedUsers trust(cluster);
  for (absl::string_view item : absl::StrSplit(users, absl::ByAnyChar(",\n"))) {
    item = absl::StripAsciiWhitespace(item);
    if (item.empty()) continue;
    const absl::StatusOr<uid_t> user = FindUser(std::string(item));
    if (!user.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", item, "\" is no user of this machine; `trust` lists the users whose ",
          "daemons get your commands, by name or number, as in `trust = alice, 1002`"));
    }
    trust.users_.push_back(*user);
  }
  if (trust.users_.empty()) return absl::InvalidArgumentError("the list of trusted users is empty");
  return trust;
}

absl::Status TrustedUsers::Check(uid_t server) const {
  const uid_t own = ::geteuid();
  if (server == own || server == 0 || own == 0) return absl::OkStatus();
  if (std::find(users_.begin(), users_.end(), server) != users_.end()) return absl::OkStatus();
  const std::string name = UserName(server);
  return absl::PermissionDeniedError(absl::StrCat(
      DescribeUser(server), " serves it, and only a daemon of yours (", DescribeUser(own),
      ") or of root is trusted", users_.empty() ? "" : ", or of the users that `trust` names",
      "; if you trust ", name, " with your commands, ",
      users_.empty() ? absl::StrCat("say `trust = ", name, "` in")
                     : absl::StrCat("add ", name, " to `trust` in"),
      " [cluster ", cluster_.empty() ? "NAME" : cluster_, "]"));
}

}  // namespace muster
