// GroupService: control groups for supervisors that have not the right to make them: those of a
// zygote that runs as another user than the spawner. The spawner makes the group, lends the
// descriptors that its supervisor needs, and removes it: when the supervisor says so, or kills what
// is in it when the supervisor is gone without a word. Whoever asks is looked at: a
// zygote may run its user's own code. One thread.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "common/unique_fd.h"
#include "server/spawner/control_group.h"

namespace muster::server {

class GroupService {
 public:
  // `on_abandoned`: the supervisor of this group ended without giving it back.
  GroupService(const ControlGroups& groups, std::function<void(pid_t)> on_abandoned)
      : groups_(groups), on_abandoned_(std::move(on_abandoned)) {}

  // The end for a zygote of this user; its supervisors inherit it.
  UniqueFd AddZygote(uid_t user);

  // What to wait for, and what to do afterwards.
  void AddTo(std::vector<pollfd>& waiting) const;
  void Handle(const std::vector<pollfd>& waiting);

 private:
  struct Loan {
    UniqueFd socket;  // to the supervisor
    pid_t supervisor = 0;
    ControlGroup group;
  };

  struct Zygote {
    UniqueFd socket;
    uid_t user = 0;
  };

  void Lend(UniqueFd socket, uid_t user, const std::string& request);
  // False: it is over.
  bool Look(Loan& loan) const;

  const ControlGroups& groups_;
  const std::function<void(pid_t)> on_abandoned_;
  std::vector<Zygote> zygotes_;
  std::vector<std::unique_ptr<Loan>> loans_;
};

// In a supervisor: a group by the service behind this socket. As ControlGroup::Make.
std::optional<StartFailure> BorrowGroup(int service, const Limits& limits, ControlGroup& group);

}  // namespace muster::server
