#include "server/service/acceptor.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster::server {
namespace {

// Each has a server of its own.
constexpr std::size_t kMostIdentities = 256;
// After running out of descriptors or memory.
constexpr int kBackOffMs = 50;
constexpr int kLookMs = SilentSocket::kBetweenLooks / std::chrono::milliseconds(2);

// Of the process that connected, as the kernel knew them at that moment.
std::vector<gid_t> PeerGroups(int socket, gid_t first) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      break;
    }
    const bool is_short = errno == ERANGE;
    groups.resize(is_short ? size / sizeof(gid_t) : 0);
    if (!is_short) break;
  }
  groups.push_back(first);
  return groups;
}

UniqueFd OpenReserve() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// The kernel gives the lowest number that is free. So connections stay below this line, and a
// quarter of all descriptors is for executions alone.
bool IsBelowReserve(const UniqueFd& descriptor) {
  rlimit limit{};
  if (!descriptor.IsOpen() || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  return static_cast<rlim_t>(descriptor.get()) < limit.rlim_cur - limit.rlim_cur / 4;
}

}  // namespace

Acceptor::Acceptor(int listening_fd, const AccessRules& rules, ConnectionTable& connections,
                   MakeServer make_server)
    : listening_fd_(listening_fd),
      rules_(rules),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      reserve_(OpenReserve()),
      connections_(connections),
      make_server_(std::move(make_server)) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
  std::uint64_t stops = 0;
  [[maybe_unused]] const ssize_t taken = ::read(stop_.get(), &stops, sizeof(stops));
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
  const std::optional<Identity> identity =
      rules_.Find(peer.uid, PeerGroups(connection.get(), peer.gid));
  if (!identity) {
    // Each of them, however many: this is how an owner learns who tries.
    spdlog::warn(
        "refused a connection from uid {} (process {}): only the owner, root{} may connect; a "
        "section [user NAME] with role = exec lets somebody in",
        peer.uid, peer.pid, rules_.NamesOthers() ? " and whom the configuration names" : "");
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
  IdentityServer* server = ServerOf(*identity);
  if (server == nullptr) return;
  connections_.Add({peer.uid, peer.pid}, std::move(copy));
  server->Accept(std::move(connection), listening_fd_);
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

IdentityServer* Acceptor::ServerOf(const Identity& identity) {
  const auto found = servers_.find(identity);
  if (found != servers_.end()) return found->second.get();
  if (servers_.size() >= kMostIdentities) {
    log_.Warn("closed connections of too many users",
              absl::StrCat("closed a connection of user ", identity.name, ": ", kMostIdentities,
                           " users have connected since the start, and there is room for no more; "
                           "restart clusterd"));
    return nullptr;
  }
  std::unique_ptr<IdentityServer> server = make_server_(identity);
  if (server == nullptr) return nullptr;
  return (servers_[identity] = std::move(server)).get();
}

}  // namespace muster::server
