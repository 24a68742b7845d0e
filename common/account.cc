#include "common/account.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include <vector>

namespace muster {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kLastBuffer = 4u << 20;  // a group may have many members

// Calls `look(buffer, size)`, which gives what getpwuid_r(3) gives, with as much room as it wants.
template <typename Look>
int WithRoom(std::vector<char>& buffer, const Look& look) {
  buffer.resize(kFirstBuffer);
  for (;;) {
    const int error = look(buffer.data(), buffer.size());
    if (error != ERANGE || buffer.size() >= kLastBuffer) return error;
    buffer.resize(buffer.size() * 4);
  }
}

}  // namespace

std::optional<Account> AccountOf(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer;
  WithRoom(buffer, [&](char* room, std::size_t size) {
    return ::getpwuid_r(uid, &entry, room, size, &found);
  });
  if (found == nullptr) return std::nullopt;
  return Account{entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir, entry.pw_shell};
}

absl::StatusOr<uid_t> FindUser(const std::string& name) {
  uid_t number = 0;
  // The kernel says (uid_t)-1 for "nobody is meant".
  if (absl::SimpleAtoi(name, &number) && number != static_cast<uid_t>(-1)) return number;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer;
  WithRoom(buffer, [&](char* room, std::size_t size) {
    return ::getpwnam_r(name.c_str(), &entry, room, size, &found);
  });
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrCat("this machine knows no user \"", name, "\""));
  }
  return entry.pw_uid;
}

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  gid_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return number;
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer;
  WithRoom(buffer, [&](char* room, std::size_t size) {
    return ::getgrnam_r(name.c_str(), &entry, room, size, &found);
  });
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrCat("this machine knows no group \"", name, "\""));
  }
  return entry.gr_gid;
}

std::string UserName(uid_t uid) {
  const std::optional<Account> account = AccountOf(uid);
  return account ? account->name : absl::StrCat(uid);
}

}  // namespace muster
