#include "server/service/acceptor.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <grpcpp/security/server_credentials.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster::server {
namespace {

// One for each uid that ever connects; gRPC takes them before it starts only. They cost 5 KiB each.
constexpr std::size_t kSlots = 256;
// After running out of descriptors or memory.
constexpr int kBackOffMs = 50;
constexpr int kLookMs = SilentSocket::kBetweenLooks / std::chrono::milliseconds(2);

UniqueFd OpenReserve() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// The kernel gives the lowest number that is free. So connections stay below this line, and a
// quarter of all descriptors is for executions alone.
bool IsBelowReserve(const UniqueFd& descriptor) {
  rlimit limit{};
  if (!descriptor.IsOpen() || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  return static_cast<rlim_t>(descriptor.get()) < limit.rlim_cur - limit.rlim_cur / 4;
}

}  // namespace

Acceptor::Acceptor(int listening_fd, ConnectionTable& connections)
    : listening_fd_(listening_fd),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      reserve_(OpenReserve()),
      connections_(connections) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Prepare(grpc::ServerBuilder& builder) {
  slots_.resize(kSlots);
  for (Slot& slot : slots_) {
    slot.processor = std::make_shared<UidProcessor>();
    const auto credentials = grpc::experimental::LocalServerCredentials(UDS);
    credentials->SetAuthMetadataProcessor(slot.processor);
    slot.acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
  }
}

void Acceptor::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

void Acceptor::Run() {
  for (;;) {
    pollfd waiting[2] = {{stop_.get(), POLLIN, 0}, {listening_fd_, POLLIN, 0}};
    if (::poll(waiting, 2, LookAtConnections()) < 0 && errno != EINTR) return;
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) Accept();
  }
}

int Acceptor::LookAtConnections() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_look_) {
    next_look_ = now + SilentSocket::kBetweenLooks / 2;
    connections_.Look();
  }
  return log_.Flush() || connections_.size() > 0 ? kLookMs : -1;
}

void Acceptor::Accept() {
  // Non-blocking: a blocking descriptor would hang gRPC for 20 s.
  UniqueFd connection(::accept4(listening_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.IsOpen()) {
    HandOver(std::move(connection));
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    log_.Warn("no descriptor or memory left for a connection",
              absl::StrCat("cannot accept a connection: ", strerror(errno), "; it is closed"));
    MakeRoom();
  }
}

// Gives the reserve up for the one connection that waits, so that its client learns of it at once.
void Acceptor::MakeRoom() {
  reserve_.Reset();
  UniqueFd refused(::accept4(listening_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  refused.Reset();
  reserve_ = OpenReserve();
  pollfd stopping{stop_.get(), POLLIN, 0};
  ::poll(&stopping, 1, kBackOffMs);
}

void Acceptor::HandOver(UniqueFd connection) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  if (peer.uid != ::geteuid() && peer.uid != 0) {
    spdlog::warn("refused a connection from uid {} (process {}): only uid {} and root may connect",
                 peer.uid, peer.pid, ::geteuid());
    return;
  }
  // Of our own, until the connection ends: to look at it, and to cut it.
  const auto duplicate = [&] { return ::fcntl(connection.get(), F_DUPFD_CLOEXEC, 0); };
  UniqueFd copy(duplicate());
  if (!IsBelowReserve(copy)) {
    connections_.Look();  // our copies of ended ones go
    copy.Reset(duplicate());
  }
  if (!HasRoom(peer, copy)) return;
  Slot* slot = SlotOf(peer.uid);
  if (slot == nullptr) {
    spdlog::error(
        "refused a connection from uid {}: {} users have connected since the start, "
        "and there is room for no more; restart clusterd",
        peer.uid, kSlots);
    return;
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listening_fd_;
  connections_.Add({peer.uid, peer.pid}, std::move(copy));
  parameters.fd = connection.Release();
  slot->acceptor->HandleNewConnection(&parameters);
}

bool Acceptor::HasRoom(const ucred& peer, const UniqueFd& copy) {
  const ConnectionTable::Room room = connections_.RoomFor(peer.uid);
  const std::string who =
      absl::StrCat("closed a connection of uid ", peer.uid, " (process ", peer.pid, "): ");
  if (room == ConnectionTable::Room::kFull) {
    log_.Warn("closed connections over max_connections",
              absl::StrCat(who, "there are ", connections_.caps().total,
                           " of them (max_connections) already"));
    return false;
  }
  if (room == ConnectionTable::Room::kFullForUser) {
    log_.Warn("closed connections over max_connections_per_user",
              absl::StrCat(who, "this user has ", connections_.caps().per_user,
                           " of them (max_connections_per_user) already"));
    return false;
  }
  if (!IsBelowReserve(copy)) {
    log_.Warn("closed connections for lack of descriptors",
              absl::StrCat(who,
                           "the descriptors that are left are for executions; raise the limit "
                           "of open files (LimitNOFILE, ulimit -n)"));
    return false;
  }
  return true;
}

Acceptor::Slot* Acceptor::SlotOf(uid_t uid) {
  const auto found = slot_of_uid_.find(uid);
  if (found != slot_of_uid_.end()) return found->second;
  if (slot_of_uid_.size() == slots_.size()) return nullptr;
  Slot* slot = &slots_[slot_of_uid_.size()];
  slot->processor->set_uid(uid);
  slot_of_uid_[uid] = slot;
  return slot;
}

}  // namespace muster::server
