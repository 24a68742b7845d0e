// JobRights: as whom a process runs and what it may never become. Taken on by a fork before the
// user's code, while it has one thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/account.h"
#include "server/spawner/frame.h"
#include "server/spawner/start_failure.h"

namespace muster::server {

struct JobRights {
  std::optional<uid_t> user;  // none: whoever the spawner is
  bool is_confined = false;   // no rights by setuid programs, no way into the hidden folders

  void Encode(PayloadWriter& writer) const;
  static JobRights Decode(PayloadReader& reader);
};

// Becomes this user for good: groups, gid and uid, all capabilities gone, and looks that there is
// no way back. A failure names the step; the process must end then.
std::optional<StartFailure> BecomeUser(const Account& account);

// Takes on no_new_privs, and where the kernel has Landlock loses the way into `hidden`. What else
// is made later beside a hidden folder, or beside a folder that it lies in, cannot be opened
// either: Landlock names what is allowed.
std::optional<StartFailure> Confine(const std::vector<std::string>& hidden);

}  // namespace muster::server
