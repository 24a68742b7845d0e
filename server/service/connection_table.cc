#include "server/service/connection_table.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace muster::server {

using Clock = std::chrono::steady_clock;

namespace {
constexpr std::chrono::milliseconds kBetweenEnds{5};
}  // namespace

ConnectionTable::Room ConnectionTable::RoomFor(uid_t uid) {
  const MutexLock lock(mutex_);
  if (const Room room = Count(uid); room == Room::kFree) return room;
  // The regular look is up to a second ago: who opens and closes quickly is not to be turned away.
  DropEnded();
  return Count(uid);
}

ConnectionTable::Room ConnectionTable::Count(uid_t uid) const {
  if (connections_.size() >= caps_.total) return Room::kFull;
  const auto of_user =
      std::count_if(connections_.begin(), connections_.end(),
                    [uid](const Connection& connection) { return connection.peer.uid == uid; });
  return static_cast<std::size_t>(of_user) >= caps_.per_user ? Room::kFullForUser : Room::kFree;
}

void ConnectionTable::DropEnded() {
  std::vector<pollfd> looks;
  looks.reserve(connections_.size());
  for (const Connection& connection : connections_) {
    looks.push_back({connection.socket.get(), 0, 0});
  }
  if (::poll(looks.data(), looks.size(), 0) <= 0) return;
  const pollfd* look = looks.data();
  // remove_if goes through them in order, once.
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(),
                                    [&look](const Connection&) { return (look++)->revents != 0; }),
                     connections_.end());
}

void ConnectionTable::Add(const Peer& peer, UniqueFd socket) {
  {
    const MutexLock lock(mutex_);
    connections_.push_back({++last_id_, peer, Clock::now(), std::move(socket), {}});
  }
  changed_.NotifyAll();
}

std::size_t ConnectionTable::size() const {
  const MutexLock lock(mutex_);
  return connections_.size();
}

void ConnectionTable::WaitForEnds(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  do {
    const MutexLock lock(mutex_);
    DropEnded();
    if (connections_.empty()) return;
  } while (Pause(kBetweenEnds) && Clock::now() < end);
}

void ConnectionTable::Look() {
  const MutexLock lock(mutex_);
  const auto ended = std::remove_if(
      connections_.begin(), connections_.end(),
      [](Connection& connection) { return !connection.silence.Look(connection.socket.get()); });
  connections_.erase(ended, connections_.end());
}

std::vector<ConnectionTable::Unread> ConnectionTable::LookAtUnread() const {
  const MutexLock lock(mutex_);
  std::vector<Unread> found;
  found.reserve(connections_.size());
  for (const Connection& connection : connections_) {
    int bytes = 0;
    if (::ioctl(connection.socket.get(), SIOCINQ, &bytes) != 0) bytes = 0;
    found.push_back({connection.id, static_cast<std::size_t>(bytes)});
  }
  return found;
}

std::optional<ConnectionTable::Cut> ConnectionTable::CutOff(std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto found =
      std::find_if(connections_.begin(), connections_.end(),
                   [id](const Connection& connection) { return connection.id == id; });
  if (found == connections_.end()) return std::nullopt;
  ::shutdown(found->socket.get(), SHUT_RDWR);
  // What came in already could still be read.
  char thrown_away[1 << 14];
  while (::recv(found->socket.get(), thrown_away, sizeof(thrown_away), MSG_DONTWAIT) > 0) {
  }
  const Cut cut{found->peer, Clock::now() - found->since};
  connections_.erase(found);
  return cut;
}

void ConnectionTable::WaitForOne() {
  const MutexLock lock(mutex_);
  while (connections_.empty() && !is_woken_) changed_.Wait(mutex_);
}

bool ConnectionTable::Pause(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  const MutexLock lock(mutex_);
  while (!is_woken_ && changed_.WaitUntil(mutex_, end)) {
  }
  return !is_woken_;
}

void ConnectionTable::WakeUp() {
  {
    const MutexLock lock(mutex_);
    is_woken_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace muster::server
