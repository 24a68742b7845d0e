#include "server/spawner/job_rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fault.h"
#include "server/spawner/landlock.h"

namespace muster::server {
namespace {

constexpr std::uint32_t kNobody = ~std::uint32_t{0};

// What no program that it starts can get back. Needs CAP_SETPCAP: a plain user has none to drop.
void DropBounds() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

// Also those that a program with file capabilities would inherit.
bool DropCapabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capset, &header, none) == 0;
}

bool Is(const Account& account) {
  uid_t real = 0, effective = 0, saved = 0;
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  return ::getresuid(&real, &effective, &saved) == 0 &&
         ::getresgid(&real_group, &effective_group, &saved_group) == 0 && real == account.uid &&
         effective == account.uid && saved == account.uid && real_group == account.gid &&
         effective_group == account.gid && saved_group == account.gid;
}

}  // namespace

void JobRights::Encode(PayloadWriter& writer) const {
  writer.U32(user.value_or(kNobody)).U8(is_confined ? 1 : 0);
}

JobRights JobRights::Decode(PayloadReader& reader) {
  JobRights rights;
  if (const std::uint32_t user = reader.U32(); user != kNobody) rights.user = user;
  rights.is_confined = reader.U8() != 0;
  return rights;
}

std::optional<StartFailure> BecomeUser(const Account& account) {
  const std::string whom = account.name;
  if (FaultAt("groups") || ::initgroups(account.name.c_str(), account.gid) != 0) {
    return StartFailure{"take on the groups of " + whom, errno};
  }
  if (FaultAt("gid") || ::setresgid(account.gid, account.gid, account.gid) != 0) {
    return StartFailure{"take on the group " + std::to_string(account.gid), errno};
  }
  if (FaultAt("uid") || ::setresuid(account.uid, account.uid, account.uid) != 0) {
    return StartFailure{"become user " + whom, errno};
  }
  if (!Is(account)) return StartFailure{"become user " + whom + " for good", EPERM};
  if (account.uid == 0) return std::nullopt;
  if (!DropCapabilities()) return StartFailure{"drop its capabilities", errno};
  if (::setuid(0) == 0) return StartFailure{"lose the way back to root", EPERM};
  return std::nullopt;
}

std::optional<StartFailure> Confine(const std::vector<std::string>& hidden) {
  if (FaultAt("no_new_privs") || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return StartFailure{"take on no_new_privs", errno};
  }
  DropBounds();
  if (!hidden.empty() && HasLandlock() && !HideFolders(hidden)) {
    return StartFailure{"hide clusterd's own folders", errno};
  }
  return std::nullopt;
}

}  // namespace muster::server
