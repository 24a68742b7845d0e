// WorkerChannel: how the daemon and one warm worker talk: a ring of requests, a ring of results,
// and a socket over which each wakes the other when it sleeps. While both are busy a request and
// its result cost no system call, and a result can be seen as soon as it is there, whatever the
// worker does next. The daemon makes the channel and keeps one end; the worker gets the other end's
// socket as a descriptor, and the memory over it. Neither end trusts the other (see SharedRing);
// the size of the memory is sealed.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>

#include "common/unique_fd.h"
#include "server/spawner/shared_ring.h"

namespace muster::server {

class WorkerChannel {
 public:
  // Requests hold a source each; results are cut into pieces of at most kMaxPiece.
  static constexpr std::size_t kRequestBytes = 256 << 10;
  static constexpr std::size_t kResultBytes = 1 << 20;
  static constexpr std::size_t kMaxSource = 64 << 10;
  // Of a session's worker, which is handed sources of any size. No memory before it is used.
  static constexpr std::size_t kSessionRequestBytes = 4 << 20;
  static constexpr std::size_t kMaxPiece = 128 << 10;

  // What is said over the socket, a byte each.
  static constexpr char kWake = 'w';     // look at the rings
  static constexpr char kDrained = 'd';  // to a worker that waits: its output has been read

  WorkerChannel() = default;
  WorkerChannel(const WorkerChannel&) = delete;
  WorkerChannel& operator=(const WorkerChannel&) = delete;
  WorkerChannel(WorkerChannel&& other) noexcept;
  WorkerChannel& operator=(WorkerChannel&& other) noexcept;
  ~WorkerChannel();

  // The daemon's end; `theirs` is what the worker has to get. `request_bytes`: whole pages.
  static absl::StatusOr<WorkerChannel> Make(UniqueFd& theirs,
                                            std::size_t request_bytes = kRequestBytes);
  // The worker's end, of what Make gave; waits for the memory to come.
  static absl::StatusOr<WorkerChannel> Open(UniqueFd ours);

  // For the end whose process this is: the daemon produces requests and consumes results, the
  // worker the other way round.
  RingProducer MakeProducer(bool is_daemon) const;
  RingConsumer MakeConsumer(bool is_daemon) const;
  // Counts by two for each time that the daemon reads the worker's output; odd while it reads.
  std::atomic<std::uint32_t>& output_reads() const;

  int socket() const { return socket_.get(); }
  // Never blocks; an end that is gone is found at the socket.
  void Say(char word) const;

 private:
  struct Page;
  absl::Status Map(int memory, std::size_t request_bytes);
  void Unmap();

  UniqueFd socket_;
  Page* page_ = nullptr;
  std::size_t request_bytes_ = 0;
  char* requests_ = nullptr;
  char* results_ = nullptr;
};

}  // namespace muster::server
