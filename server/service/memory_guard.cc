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
// As long as there is little: what comes meanwhile is far from suspicious.
constexpr milliseconds kBetweenIdleLooks{200};
constexpr milliseconds kBetweenCloseLooks{10};
constexpr int kCloseLooks = 10;
// For gRPC to find the end of a connection and to free what it held.
constexpr milliseconds kToFree{3000};
constexpr milliseconds kBetweenTrims{500};

// What the process holds that no file backs; 0 when that cannot be told.
std::size_t OwnMemory(const UniqueFd& file) {
  char text[128] = {};
  std::size_t resident = 0;
  std::size_t shared = 0;
  if (!file.IsOpen() || ::pread(file.get(), text, sizeof(text) - 1, 0) <= 0 ||
      ::sscanf(text, "%*u %zu %zu", &resident, &shared) != 2 || shared > resident) {
    return 0;
  }
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (resident - shared) * page;
}

}  // namespace

void MemoryGuard::Start() {
  statm_.Reset(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  base_ = OwnMemory(statm_);
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
  } while (connections_.Pause(grown_ < kMuch ? kBetweenIdleLooks : kBetweenLooks));
}

void MemoryGuard::Look() {
  const std::size_t before = grown_;
  const std::size_t now = OwnMemory(statm_);
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
    if (each.bytes > 0) blame.sends = true;
  }
  for (auto it = blames_.begin(); it != blames_.end();) {
    it = it->second.is_there ? std::next(it) : blames_.erase(it);
  }
  if (grown_ < before) {
    const double left = static_cast<double>(grown_) / static_cast<double>(before);
    for (auto& [id, blame] : blames_) blame.bytes *= left;
    unexplained_ = std::min(unexplained_, grown_);
    return;
  }
  // A sender that is hardly faster than gRPC has nothing waiting at many looks.
  unexplained_ += grown_ - before;
  if (waiting == 0) return;
  const double each_byte = static_cast<double>(unexplained_) / static_cast<double>(waiting);
  for (const ConnectionTable::Unread& each : unread) {
    blames_[each.id].bytes += each_byte * static_cast<double>(each.bytes);
  }
  unexplained_ = 0;
}

void MemoryGuard::Search() {
  ::malloc_trim(0);
  Look();
  for (auto& [id, blame] : blames_) blame.sends = false;
  for (int i = 0; i < kCloseLooks && grown_ >= kSuspicious && grown_ < kIntolerable; ++i) {
    if (!connections_.Pause(kBetweenCloseLooks)) return;
    Look();
  }
  if (grown_ >= kSuspicious && CutWorst()) Settle();
}

void MemoryGuard::Settle() {
  const std::size_t at_cut = grown_;
  for (milliseconds waited{0}; waited < kToFree && connections_.Pause(kBetweenLooks);
       waited += kBetweenLooks) {
    if (waited.count() % kBetweenTrims.count() == 0) ::malloc_trim(0);
    Look();
    if (grown_ < kSuspicious || grown_ > at_cut + kMuch) break;
  }
  ::malloc_trim(0);
}

bool MemoryGuard::CutWorst() {
  auto worst = blames_.end();
  for (auto it = blames_.begin(); it != blames_.end(); ++it) {
    const bool is_suspect = it->second.sends && it->second.bytes >= kMuch;
    if (!is_suspect && grown_ < kIntolerable) continue;
    // The youngest of equals: ids only grow.
    if (worst == blames_.end() || it->second.bytes >= worst->second.bytes) worst = it;
  }
  if (worst == blames_.end()) return false;
  const auto put_down = static_cast<std::size_t>(worst->second.bytes);
  const auto cut = connections_.CutOff(worst->first);
  blames_.erase(worst);
  if (!cut) return false;
  spdlog::warn(
      "cut a connection of uid {} (process {}, {} s old): this daemon has grown by {} MiB since "
      "its "
      "start, and about {} MiB of that came in there",
      cut->peer.uid, cut->peer.pid,
      std::chrono::duration_cast<std::chrono::seconds>(cut->age).count(), grown_ >> 20,
      put_down >> 20);
  return true;
}

}  // namespace muster::server
