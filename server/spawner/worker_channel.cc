#include "server/spawner/worker_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <new>
#include <utility>

#include "common/pipe.h"
#include "common/status_macros.h"
#include "server/spawner/fd_passing.h"

namespace muster::server {

struct WorkerChannel::Page {
  RingControl requests;
  RingControl results;
  alignas(64) std::atomic<std::uint32_t> output_reads;
};

namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kAllBytes =
    kPageBytes + WorkerChannel::kRequestBytes + WorkerChannel::kResultBytes;

// The same memory twice in a row, so that what goes over its end goes on at its beginning.
char* MapTwice(int memory, std::size_t offset, std::size_t size) {
  void* place = ::mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) return nullptr;
  char* begin = static_cast<char*>(place);
  for (char* half : {begin, begin + size}) {
    if (::mmap(half, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory,
               static_cast<off_t>(offset)) == MAP_FAILED) {
      ::munmap(place, 2 * size);
      return nullptr;
    }
  }
  return begin;
}

}  // namespace

WorkerChannel::WorkerChannel(WorkerChannel&& other) noexcept { *this = std::move(other); }

WorkerChannel& WorkerChannel::operator=(WorkerChannel&& other) noexcept {
  if (this == &other) return *this;
  Unmap();
  socket_ = std::move(other.socket_);
  page_ = std::exchange(other.page_, nullptr);
  requests_ = std::exchange(other.requests_, nullptr);
  results_ = std::exchange(other.results_, nullptr);
  return *this;
}

WorkerChannel::~WorkerChannel() { Unmap(); }

void WorkerChannel::Unmap() {
  if (page_ != nullptr) ::munmap(page_, kPageBytes);
  if (requests_ != nullptr) ::munmap(requests_, 2 * kRequestBytes);
  if (results_ != nullptr) ::munmap(results_, 2 * kResultBytes);
  page_ = nullptr;
  requests_ = results_ = nullptr;
}

absl::Status WorkerChannel::Map(int memory) {
  void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (page == MAP_FAILED) return absl::ErrnoToStatus(errno, "map a worker's memory");
  page_ = static_cast<Page*>(page);
  requests_ = MapTwice(memory, kPageBytes, kRequestBytes);
  if (requests_ != nullptr) results_ = MapTwice(memory, kPageBytes + kRequestBytes, kResultBytes);
  if (results_ == nullptr) return absl::ErrnoToStatus(errno, "map a worker's memory");
  return absl::OkStatus();
}

absl::StatusOr<WorkerChannel> WorkerChannel::Make(UniqueFd& theirs) {
  WorkerChannel channel;
  if (!MakeSocketPair(channel.socket_, theirs)) return absl::ErrnoToStatus(errno, "socketpair");
  const UniqueFd memory(::memfd_create("muster-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.IsOpen()) return absl::ErrnoToStatus(errno, "memfd_create");
  // Whoever maps it must not find it shorter one day.
  if (::ftruncate(memory.get(), kAllBytes) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return absl::ErrnoToStatus(errno, "size a worker's memory");
  }
  RETURN_IF_ERROR(channel.Map(memory.get()));
  new (channel.page_) Page();
  if (!SendFdMessage(channel.socket_.get(), std::string(1, kWake), {memory.get()})) {
    return absl::ErrnoToStatus(errno, "hand over a worker's memory");
  }
  return channel;
}

absl::StatusOr<WorkerChannel> WorkerChannel::Open(UniqueFd ours) {
  WorkerChannel channel;
  channel.socket_ = std::move(ours);
  std::optional<FdMessage> message;
  do {
    message = ReceiveFdMessage(channel.socket_.get());
  } while (!message && errno == EINTR);
  if (!message || message->fds.empty()) return absl::UnavailableError("the daemon is gone");
  RETURN_IF_ERROR(channel.Map(message->fds[0].get()));
  return channel;
}

RingProducer WorkerChannel::MakeProducer(bool is_daemon) const {
  return is_daemon ? RingProducer(&page_->requests, requests_, kRequestBytes)
                   : RingProducer(&page_->results, results_, kResultBytes);
}

RingConsumer WorkerChannel::MakeConsumer(bool is_daemon) const {
  return is_daemon ? RingConsumer(&page_->results, results_, kResultBytes)
                   : RingConsumer(&page_->requests, requests_, kRequestBytes);
}

std::atomic<std::uint32_t>& WorkerChannel::output_reads() const { return page_->output_reads; }

void WorkerChannel::Say(char word) const {
  [[maybe_unused]] const ssize_t sent =
      ::send(socket_.get(), &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace muster::server
