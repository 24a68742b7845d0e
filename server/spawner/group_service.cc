#include "server/spawner/group_service.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "server/spawner/fd_passing.h"
#include "server/spawner/process_tree.h"
#include "server/spawner/supervisor.h"

namespace muster::server {
namespace {

bool MakeSockets(UniqueFd& ours, UniqueFd& theirs) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) return false;
  ours.Reset(fds[0]);
  theirs.Reset(fds[1]);
  return true;
}

bool IsReady(const std::vector<pollfd>& waiting, int fd) {
  return std::any_of(waiting.begin(), waiting.end(),
                     [fd](const pollfd& entry) { return entry.fd == fd && entry.revents != 0; });
}

// A child of one of our children by the name of a supervisor. Who is below us cannot have the
// number of one of another branch.
bool IsSupervisorBelow(pid_t pid) {
  for (const Process& child : ChildrenOfSelf()) {
    for (const Process& process : ChildrenOf(child.pid)) {
      if (process.pid == pid) return process.name == Supervisor::kName;
    }
  }
  return false;
}

// A quarter of our descriptors is for starting others.
bool IsBelowReserve(const UniqueFd& descriptor) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         static_cast<rlim_t>(descriptor.get()) < limit.rlim_cur - limit.rlim_cur / 4;
}

}  // namespace

UniqueFd GroupService::AddZygote(uid_t user) {
  UniqueFd ours;
  UniqueFd theirs;
  if (MakeSockets(ours, theirs)) zygotes_.push_back({std::move(ours), user});
  return theirs;
}

void GroupService::AddTo(std::vector<pollfd>& waiting) const {
  for (const Zygote& zygote : zygotes_) waiting.push_back({zygote.socket.get(), POLLIN, 0});
  for (const auto& loan : loans_) waiting.push_back({loan->socket.get(), POLLIN, 0});
}

void GroupService::Handle(const std::vector<pollfd>& waiting) {
  std::erase_if(loans_, [&](const std::unique_ptr<Loan>& loan) {
    return IsReady(waiting, loan->socket.get()) && !Look(*loan);
  });
  std::vector<std::pair<uid_t, FdMessage>> requests;
  std::erase_if(zygotes_, [&](const Zygote& zygote) {
    if (!IsReady(waiting, zygote.socket.get())) return false;
    std::optional<FdMessage> message = ReceiveFdMessage(zygote.socket.get());
    if (!message) return errno != EAGAIN && errno != EINTR;
    if (message->bytes.empty()) return true;  // the zygote and all its supervisors are gone
    if (message->fds.size() == 1) requests.emplace_back(zygote.user, std::move(*message));
    return false;
  });
  for (auto& [user, request] : requests) Lend(std::move(request.fds[0]), user, request.bytes);
}

void GroupService::Lend(UniqueFd socket, uid_t user, const std::string& request) {
  // Who made the socket, as the kernel knows it.
  ucred peer{};
  socklen_t size = sizeof(peer);
  PayloadReader reader(request);
  const Limits limits = Limits::Decode(reader);
  const bool is_known = reader.AtEnd() &&
                        ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                        peer.uid == user && IsSupervisorBelow(peer.pid);
  const bool has_one = std::any_of(loans_.begin(), loans_.end(),
                                   [&](const auto& loan) { return loan->supervisor == peer.pid; });
  if (!is_known || has_one || !IsBelowReserve(socket)) return;
  auto loan = std::make_unique<Loan>();
  loan->supervisor = peer.pid;
  const std::optional<StartFailure> failure = loan->group.Make(groups_, limits, peer.pid);
  std::vector<int> fds;
  std::string answer;
  if (failure) {
    answer = PayloadWriter()
                 .U8(0)
                 .Bytes(failure->step)
                 .U32(static_cast<std::uint32_t>(failure->error))
                 .payload();
    loan->group.Release();
  } else {
    answer = loan->group.Lend(fds);
  }
  const bool is_told = SendFdMessage(socket.get(), answer, fds);
  if (!is_told && !failure) loan->group.Release();
  if (!is_told || failure) return;
  loan->group.CloseDoors();
  loan->socket = std::move(socket);
  loans_.push_back(std::move(loan));
}

bool GroupService::Look(Loan& loan) const {
  const std::optional<FdMessage> message = ReceiveFdMessage(loan.socket.get());
  if (!message && (errno == EAGAIN || errno == EINTR)) return true;
  if (message && message->bytes == kGroupReturned) {
    loan.group.Release();
  } else {
    on_abandoned_(loan.supervisor);
  }
  return false;
}

std::optional<StartFailure> BorrowGroup(int service, const Limits& limits, ControlGroup& group) {
  UniqueFd ours;
  UniqueFd theirs;
  if (!MakeSockets(ours, theirs)) return StartFailure{"ask for a control group", errno};
  PayloadWriter request;
  limits.Encode(request);
  if (!SendFdMessage(service, request.payload(), {theirs.get()})) {
    return StartFailure{"ask for a control group", errno};
  }
  theirs.Reset();
  std::optional<FdMessage> answer = ReceiveFdMessage(ours.get());
  if (!answer || answer->bytes.empty()) return StartFailure{"get a control group", EPIPE};
  PayloadReader reader(answer->bytes);
  if (reader.U8() == 0) {
    StartFailure failure;
    failure.step = reader.Bytes();
    failure.error = static_cast<int>(reader.U32());
    return failure;
  }
  group.Borrow(reader, std::move(answer->fds), std::move(ours));
  return std::nullopt;
}

}  // namespace muster::server
