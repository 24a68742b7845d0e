#include "tests/integration/fault_proxy.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <vector>

namespace muster::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 64 << 10;

sockaddr_un NameOf(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  ::memcpy(name.sun_path, path.data(), std::min(path.size(), sizeof(name.sun_path) - 1));
  return name;
}

UniqueFd MakeSocket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

// One direction: holds at most one piece.
class Way {
 public:
  Way(int from, int to, const FaultProxy::Lane& lane) : from_(from), to_(to), lane_(lane) {}

  std::uint64_t passed() const { return passed_; }
  bool IsCut() const { return at_end_ || (lane_.cut && passed_ >= *lane_.cut); }

  // What to wait for, as one entry of poll(2); -1 for nothing, or, if it is waiting for time, only
  // for that. Both are asked about the same moment.
  pollfd Wanted(Clock::time_point now) const {
    if (IsStalled()) return {-1, 0, 0};
    if (held_.empty()) return {from_, POLLIN, 0};
    return now < due_ ? pollfd{-1, 0, 0} : pollfd{to_, POLLOUT, 0};
  }
  bool IsWaitingForTime(Clock::time_point now) const { return !held_.empty() && now < due_; }

  void Advance(const pollfd& found) {
    if (found.fd < 0 || found.revents == 0) return;
    if (held_.empty()) {
      Read();
    } else {
      Write();
    }
  }

 private:
  bool IsStalled() const { return lane_.stall && passed_ >= *lane_.stall; }

  // Never past the byte after which something happens.
  void Read() {
    std::uint64_t most = lane_.single_bytes ? 1 : kPieceBytes;
    if (lane_.cut) most = std::min(most, *lane_.cut - passed_);
    if (lane_.stall) most = std::min(most, *lane_.stall - passed_);
    char buffer[kPieceBytes];
    const ssize_t size = ::recv(from_, buffer, most, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    at_end_ = size <= 0;
    if (size > 0) held_.assign(buffer, static_cast<std::size_t>(size));
    due_ = Clock::now() + lane_.delay;
  }

  void Write() {
    const ssize_t size = ::send(to_, held_.data(), held_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    at_end_ = size <= 0;
    if (size <= 0) return;
    held_.erase(0, static_cast<std::size_t>(size));
    passed_ += static_cast<std::uint64_t>(size);
  }

  int from_;
  int to_;
  FaultProxy::Lane lane_;
  std::string held_;
  Clock::time_point due_;
  std::uint64_t passed_ = 0;
  bool at_end_ = false;
};

}  // namespace

// One connection. The proxy's thread.
class FaultProxy::Link {
 public:
  Link(UniqueFd client, UniqueFd daemon, const Faults& faults)
      : client_(std::move(client)),
        daemon_(std::move(daemon)),
        to_daemon_(client_.get(), daemon_.get(), faults.to_daemon),
        to_client_(daemon_.get(), client_.get(), faults.to_client) {}

  std::vector<pollfd> Wanted(Clock::time_point now) const {
    return {to_daemon_.Wanted(now), to_client_.Wanted(now)};
  }
  bool IsWaitingForTime(Clock::time_point now) const {
    return to_daemon_.IsWaitingForTime(now) || to_client_.IsWaitingForTime(now);
  }
  // False: it has ended.
  bool Advance(const pollfd* found) {
    if (!IsCut()) to_daemon_.Advance(found[0]);
    if (!IsCut()) to_client_.Advance(found[1]);
    return !IsCut();
  }
  Passed passed() const { return {to_daemon_.passed(), to_client_.passed()}; }

 private:
  bool IsCut() const { return to_daemon_.IsCut() || to_client_.IsCut(); }

  UniqueFd client_;
  UniqueFd daemon_;
  Way to_daemon_;
  Way to_client_;
};

FaultProxy::FaultProxy(const std::string& path, std::string daemon_path)
    : daemon_path_(std::move(daemon_path)),
      listener_(MakeSocket()),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  const sockaddr_un name = NameOf(path);
  REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  REQUIRE(::listen(listener_.get(), SOMAXCONN) == 0);
  thread_ = std::thread([this] { Run(); });
}

FaultProxy::~FaultProxy() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void FaultProxy::Set(const Faults& faults) {
  const MutexLock lock(mutex_);
  faults_ = faults;
}

FaultProxy::Passed FaultProxy::passed() const {
  const MutexLock lock(mutex_);
  return passed_;
}

std::unique_ptr<FaultProxy::Link> FaultProxy::Accept() {
  UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  UniqueFd daemon = MakeSocket();
  const sockaddr_un name = NameOf(daemon_path_);
  if (!client.IsOpen() ||
      ::connect(daemon.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return nullptr;
  }
  const MutexLock lock(mutex_);
  return std::make_unique<Link>(std::move(client), std::move(daemon), faults_);
}

void FaultProxy::Run() {
  std::list<std::unique_ptr<Link>> links;  // the newest is the last
  for (;;) {
    std::vector<pollfd> waiting = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    bool waits_for_time = false;
    const bool was_frozen = is_frozen_;
    const auto now = Clock::now();
    for (const auto& link : links) {
      if (was_frozen) break;
      for (const pollfd& wanted : link->Wanted(now)) waiting.push_back(wanted);
      waits_for_time = waits_for_time || link->IsWaitingForTime(now);
    }
    ::poll(waiting.data(), waiting.size(), waits_for_time ? 1 : -1);
    if (waiting[0].revents != 0) return;
    if (is_frozen_) {
      // What waits to be accepted keeps waking us, and has to wait.
      if (was_frozen) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const pollfd* found = waiting.data() + 2;
    for (auto link = links.begin(); link != links.end(); found += 2) {
      const bool goes_on = (*link)->Advance(found);
      if (link == std::prev(links.end())) {
        const MutexLock lock(mutex_);
        passed_ = (*link)->passed();
      }
      link = goes_on ? std::next(link) : links.erase(link);
    }
    if (waiting[1].revents == 0) continue;
    if (std::unique_ptr<Link> link = Accept()) {
      // One that is to be cut before its first byte ends here.
      const pollfd nothing[2] = {{-1, 0, 0}, {-1, 0, 0}};
      if (link->Advance(nothing)) links.push_back(std::move(link));
    }
  }
}

}  // namespace muster::test
