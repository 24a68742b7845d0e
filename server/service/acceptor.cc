#include "server/service/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <grpcpp/security/server_credentials.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace muster::server {
namespace {

// One for each identity that ever connects; gRPC takes them before it starts only. They cost 5 KiB
// each.
constexpr std::size_t kSlots = 256;
// After running out of descriptors or memory.
constexpr int kBackOffMs = 50;
constexpr int kLookMs = SilentSocket::kBetweenLooks / std::chrono::milliseconds(2);

// Of the process that connected, as the kernel knew them at that moment.
std::vector<gid_t> PeerGroups(int socket, gid_t first) {
  std::vector<gid_t> groups(64);
  for (;;) {
    socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
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

}  // namespace

Acceptor::Acceptor(int listening_fd, const AccessRules& rules, IdentityTable& identities,
                   Gatekeeper::Denied on_denied)
    : listening_fd_(listening_fd),
      rules_(rules),
      identities_(identities),
      on_denied_(std::move(on_denied)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      reserve_(OpenReserve()) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Prepare(grpc::ServerBuilder& builder) {
  slots_.resize(kSlots);
  for (Slot& slot : slots_) {
    slot.gatekeeper = std::make_shared<Gatekeeper>(identities_, on_denied_);
    const auto credentials = grpc::experimental::LocalServerCredentials(UDS);
    credentials->SetAuthMetadataProcessor(slot.gatekeeper);
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
    const int time = connections_.empty() ? -1 : kLookMs;
    if (::poll(waiting, 2, time) < 0 && errno != EINTR) return;
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) Accept();
    LookAtConnections();
  }
}

void Acceptor::LookAtConnections() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + SilentSocket::kBetweenLooks / 2;
  const auto ended = std::remove_if(
      connections_.begin(), connections_.end(),
      [](Connection& connection) { return !connection.silence.Look(connection.socket.get()); });
  connections_.erase(ended, connections_.end());
}

void Acceptor::Accept() {
  // Non-blocking: a blocking descriptor would hang gRPC for 20 s.
  UniqueFd connection(::accept4(listening_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.IsOpen()) {
    HandOver(std::move(connection));
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    spdlog::warn("cannot accept a connection: {}; it is closed", strerror(errno));
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
    spdlog::warn(
        "refused a connection from uid {} (process {}): only the owner, root{} may connect; a "
        "section [user NAME] with role = exec lets somebody in",
        peer.uid, peer.pid, rules_.NamesOthers() ? " and whom the configuration names" : "");
    return;
  }
  Slot* slot = SlotOf(*identity);
  if (slot == nullptr) {
    spdlog::error(
        "refused a connection from user {}: {} users have connected since the start, "
        "and there is room for no more; restart clusterd",
        identity->name, kSlots);
    return;
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listening_fd_;
  // Without one when there is no descriptor left: then gRPC's keepalive has to do.
  UniqueFd copy(::fcntl(connection.get(), F_DUPFD_CLOEXEC, 0));
  if (copy.IsOpen()) connections_.push_back({std::move(copy), {}});
  parameters.fd = connection.Release();
  slot->acceptor->HandleNewConnection(&parameters);
}

Acceptor::Slot* Acceptor::SlotOf(const Identity& identity) {
  const auto found = slot_of_.find(identity);
  if (found != slot_of_.end()) return found->second;
  if (slot_of_.size() == slots_.size()) return nullptr;
  Slot* slot = &slots_[slot_of_.size()];
  slot->gatekeeper->set_identity(identities_.Add(identity));
  slot_of_[identity] = slot;
  return slot;
}

}  // namespace muster::server
