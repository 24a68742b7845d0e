#include "server/service/memory_guard.h"

#include <fcntl.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace muster::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks{50};
constexpr milliseconds kBetweenCloseLooks{10};
constexpr std::size_t kCloseLooks = 10;
// For gRPC to find the end of a connection and to free what it held.
constexpr milliseconds kAfterCut{100};

// What the process holds that no file backs; 0 when that cannot be told.
std::size_t OwnMemory() {
  const UniqueFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  char text[128] = {};
  std::size_t resident = 0;
  std::size_t shared = 0;
  if (!file.IsOpen() || ::read(file.get(), text, sizeof(text) - 1) <= 0 ||
      ::sscanf(text, "%*u %zu %zu", &resident, &shared) != 2 || shared > resident) {
    return 0;
  }
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (resident - shared) * page;
}

}  // namespace

void MemoryGuard::Start() {
  base_ = OwnMemory();
  thread_ = std::thread([this] { Run(); });
}

void MemoryGuard::Stop() {
  if (!thread_.joinable()) return;
  connections_.WakeUp();
  thread_.join();
}

void MemoryGuard::Run() {
  do {
    connections_.WaitForOne();
    Look();
    if (grown_ >= kSuspicious) Search();
  } while (connections_.Pause(kBetweenLooks));
}

void MemoryGuard::Look() {
  const std::size_t before = grown_;
  const std::size_t now = OwnMemory();
  grown_ = now > base_ ? now - base_ : 0;
  Attribute(connections_.LookAtUnread(), before);
}

void MemoryGuard::Attribute(const std::vector<ConnectionTable::Unread>& unread,
                            std::size_t before) {
  for (auto& [id, blame] : blames_) blame.is_there = false;
  std::size_t waiting = 0;
  for (const ConnectionTable::Unread& each : unread) {
    waiting += each.bytes;
    Blame& blame = blames_[each.id];
    blame.is_there = true;
    if (each.bytes > 0) ++blame.seen;
  }
  for (auto it = blames_.begin(); it != blames_.end();) {
    it = it->second.is_there ? std::next(it) : blames_.erase(it);
  }
  if (grown_ < before) {
    const double left = static_cast<double>(grown_) / static_cast<double>(before);
    for (auto& [id, blame] : blames_) blame.bytes *= left;
  } else if (waiting > 0) {
    const double each_byte = static_cast<double>(grown_ - before) / static_cast<double>(waiting);
    for (const ConnectionTable::Unread& each : unread) {
      blames_[each.id].bytes += each_byte * static_cast<double>(each.bytes);
    }
  }
}

void MemoryGuard::Search() {
  ::malloc_trim(0);
  Look();
  if (grown_ < kSuspicious) return;
  for (auto& [id, blame] : blames_) blame.seen = 0;
  for (std::size_t i = 0; i < kCloseLooks && grown_ < kIntolerable; ++i) {
    if (!connections_.Pause(kBetweenCloseLooks)) return;
    Look();
  }
  if (grown_ < kSuspicious) return;
  // Most of the looks: a bursty but honest one pauses in between.
  CutWorst(grown_ < kIntolerable ? kCloseLooks / 2 + 1 : 0);
  if (!connections_.Pause(kAfterCut)) return;
  ::malloc_trim(0);
}

void MemoryGuard::CutWorst(std::size_t least_seen) {
  auto worst = blames_.end();
  for (auto it = blames_.begin(); it != blames_.end(); ++it) {
    if (it->second.seen < least_seen) continue;
    // The youngest of equals: ids only grow.
    if (worst == blames_.end() || it->second.bytes >= worst->second.bytes) worst = it;
  }
  if (worst == blames_.end()) return;
  const auto put_down = static_cast<std::size_t>(worst->second.bytes);
  const auto cut = connections_.CutOff(worst->first);
  blames_.erase(worst);
  if (!cut) return;
  spdlog::warn(
      "cut a connection of uid {} (process {}, {} s old): this daemon has grown by {} MiB since "
      "its "
      "start, and about {} MiB of that came in there",
      cut->peer.uid, cut->peer.pid,
      std::chrono::duration_cast<std::chrono::seconds>(cut->age).count(), grown_ >> 20,
      put_down >> 20);
}

}  // namespace muster::server
