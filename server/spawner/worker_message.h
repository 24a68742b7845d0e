// What stands in the rings of a WorkerChannel. The daemon's requests and the worker's results begin
// with these, as they lie in memory (both ends are this machine's); what follows them is said at
// each. A result is not trusted: it is copied out before it is read.
#pragma once

#include <cstdint>

namespace muster::server {

// The mark of a request: who has it. Changed by compare and swap only, away from kQueued.
enum class RequestMark : std::uint32_t {
  kQueued = 0,   // the worker may begin it, the daemon may take it back
  kRunning = 1,  // the worker has begun it
  kRevoked = 2,  // the daemon took it back: the worker passes over it
};

// Followed by the source.
struct WorkerRequest {
  std::uint64_t ticket = 0;    // what the daemon calls it; its results name it
  std::uint64_t sequence = 0;  // with the stream id: MUSTER_EXECUTION
  char stream_id[16] = {};
  std::uint32_t size = 1;  // MUSTER_SIZE
  std::uint32_t rank = 0;  // MUSTER_RANK
  std::uint8_t form = 0;   // LaunchRequest::Form
  // 1: in the namespace that this worker keeps, which is a session's; 0: in a fresh one.
  std::uint8_t keeps_namespace = 0;
  std::uint8_t unused[6] = {};
};

struct WorkerResult {
  enum class Type : std::uint8_t {
    kPiece = 1,  // a piece of the value follows
    // As FrameType::kException; before kDone. A payload longer than kMaxPiece goes on in further
    // ones: the whole is what stands in all of them.
    kException = 2,
    kDone = 3,     // it ended; the last piece of the value, maybe empty, follows
    kWaiting = 4,  // the worker goes on when it hears kDrained
    // The worker ends; what follows, and is not empty, is why, for the log.
    kRetiring = 5,
  };
  // Of kDone:
  static constexpr std::uint8_t kHasValue = 1;
  static constexpr std::uint8_t kValueIsData = 2;  // CBOR, not text
  // There is output in the pipes: it belongs to this one; kWaiting follows, or the worker ends.
  static constexpr std::uint8_t kHasOutput = 4;
  // It left processes behind. The worker ends at once; the outcome follows the end of its tree.
  static constexpr std::uint8_t kLeavesProcesses = 8;

  std::uint64_t ticket = 0;
  Type type = Type::kDone;
  std::uint8_t flags = 0;
  std::uint16_t exit_code = 0;    // of kDone
  std::uint32_t left = 0;         // of kDone, in a session: the processes that it left running
  std::uint64_t wall_us = 0;      // of kDone; microseconds
  std::uint64_t cpu_us = 0;       // of kDone; microseconds of this process
  std::uint64_t value_bytes = 0;  // of kPiece: that the whole value has; 0: not known
};

}  // namespace muster::server
