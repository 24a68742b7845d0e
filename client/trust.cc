#include "client/trust.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::size_t kMaxEntryBytes = 64u << 10;

std::optional<uid_t> UserOf(const std::string& text) {
  std::uint32_t number = 0;
  // (uid_t)-1 is nobody's: the kernel says it for "unchanged".
  if (std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    if (!absl::SimpleAtoi(text, &number) || number == static_cast<uid_t>(-1)) return std::nullopt;
    return number;
  }
  std::vector<char> buffer(kMaxEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return entry.pw_uid;
}

}  // namespace

std::string UserName(uid_t user) {
  std::vector<char> buffer(kMaxEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? absl::StrCat(user) : std::string(entry.pw_name);
}

std::string DescribeUser(uid_t user) {
  const std::string name = UserName(user);
  const std::string number = absl::StrCat(user);
  return name == number ? absl::StrCat("user ", number)
                        : absl::StrCat("user ", number, " (", name, ")");
}

absl::StatusOr<Trust> Trust::Parse(const std::string& cluster, const std::string& users) {
  Trust trust(cluster);
  for (absl::string_view item : absl::StrSplit(users, absl::ByAnyChar(",\n"))) {
    item = absl::StripAsciiWhitespace(item);
    if (item.empty()) continue;
    const std::optional<uid_t> user = UserOf(std::string(item));
    if (!user) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", item, "\" is no user of this machine; `trust` lists the users whose ",
          "daemons get your commands, by name or number, as in `trust = alice, 1002`"));
    }
    trust.users_.push_back(*user);
  }
  if (trust.users_.empty()) return absl::InvalidArgumentError("the list of trusted users is empty");
  return trust;
}

absl::Status Trust::Check(uid_t server) const {
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
