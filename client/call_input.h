// CallInput: what a user says to a running call (input, window sizes, signals), until its stream
// can carry it. Holds little: whoever writes more waits. The user's threads put in, the stream
// takes out. Thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/ClusterAPI.h"
#include "common/mutex.h"
#include "muster/v1/node.pb.h"

namespace muster {

class CallInput {
 public:
  // Takes one message at a time; OnCarried follows each. Never blocks.
  class Carrier {
   public:
    virtual ~Carrier() = default;
    virtual void Carry(v1::InteractRequest message) = 0;
  };

  explicit CallInput(const std::optional<Terminal>& terminal);
  // All of its input is there, and then the end of it.
  explicit CallInput(InputPieces whole);
  // What such a call reads.
  static InputPieces WholeOf(const ExecuteOptions& options);

  // ---- the user's side (see Call) ----
  const std::optional<v1::Terminal>& terminal() const { return terminal_; }
  bool Write(const std::string& data) MUSTER_EXCLUDES(mutex_);
  void Close() MUSTER_EXCLUDES(mutex_);
  void Resize(int rows, int columns) MUSTER_EXCLUDES(mutex_);
  void Signal(int signal) MUSTER_EXCLUDES(mutex_);

  // ---- the stream's side ----
  void Open(std::shared_ptr<Carrier> carrier) MUSTER_EXCLUDES(mutex_);
  void OnCarried() MUSTER_EXCLUDES(mutex_);
  // The call has ended: nobody waits any longer, and nothing more is taken.
  void End() MUSTER_EXCLUDES(mutex_);

 private:
  // Behind what waits; its number, from 1.
  std::uint64_t Queue(v1::InteractRequest message) MUSTER_REQUIRES(mutex_);
  // What waits behind the message under way. False: too much does.
  bool Push(v1::InteractRequest message) MUSTER_EXCLUDES(mutex_);
  // The next piece of an input that is there as a whole, when nothing else waits.
  void TakePiece() MUSTER_REQUIRES(mutex_);
  // The first of it that was not taken, kMaxInputBytes at most; empty: all was.
  std::string_view NextOfWhole() MUSTER_REQUIRES(mutex_);
  // Gives the carrier the next message, if it is free.
  void Pump() MUSTER_EXCLUDES(mutex_);

  std::optional<v1::Terminal> terminal_;
  const bool is_whole_ = false;  // the user writes nothing
  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<Carrier> carrier_ MUSTER_GUARDED_BY(mutex_);
  std::deque<v1::InteractRequest> waiting_ MUSTER_GUARDED_BY(mutex_);
  std::uint64_t queued_ MUSTER_GUARDED_BY(mutex_) = 0;   // messages, ever
  std::uint64_t carried_ MUSTER_GUARDED_BY(mutex_) = 0;  // of those, that are on their way
  InputPieces whole_ MUSTER_GUARDED_BY(mutex_);
  std::size_t piece_ MUSTER_GUARDED_BY(mutex_) = 0;     // of whole_
  std::size_t taken_ MUSTER_GUARDED_BY(mutex_) = 0;     // of that piece
  bool ended_input_ MUSTER_GUARDED_BY(mutex_) = false;  // the end of whole_ is told
  bool is_carrying_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_writing_ MUSTER_GUARDED_BY(mutex_) = false;  // somebody is in Write
  bool is_closed_ MUSTER_GUARDED_BY(mutex_) = false;
  bool has_ended_ MUSTER_GUARDED_BY(mutex_) = false;
};

}  // namespace muster
