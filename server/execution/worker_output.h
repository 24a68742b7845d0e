// WorkerOutput: the two pipes that a warm worker writes its output to. Reads when it is told to, so
// that its owner can say whose the bytes are. Event loop's thread.
#pragma once

#include <functional>
#include <string>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_sink.h"

namespace muster::server {

class WorkerOutput {
 public:
  // `on_ready`: there is something in a pipe, or its end.
  WorkerOutput(EventLoop& loop, UniqueFd out, UniqueFd err,
               std::function<void(OutputStream)> on_ready);
  ~WorkerOutput();
  WorkerOutput(const WorkerOutput&) = delete;
  WorkerOutput& operator=(const WorkerOutput&) = delete;

  // At most 64 KiB, what is there; empty: nothing is, now or ever.
  std::string Read(OutputStream stream);
  // From now on: what is in the pipes at this moment. Whoever goes on writing holds up nobody.
  void Mark();
  bool IsReadToMark(OutputStream stream) const;
  // Nobody holds the pipes any more, and they are empty.
  bool AtEnd() const { return !pipes_[0].fd.IsOpen() && !pipes_[1].fd.IsOpen(); }
  bool IsPaused() const { return is_paused_; }
  void Pause();
  void Resume();

 private:
  struct Pipe {
    UniqueFd fd;
    OutputStream stream = OutputStream::kStdout;
    std::size_t left = 0;  // to be read, to the mark
  };
  Pipe& Of(OutputStream stream) { return pipes_[stream == OutputStream::kStdout ? 0 : 1]; }
  void Watch(Pipe& pipe);

  EventLoop& loop_;
  Pipe pipes_[2];
  const std::function<void(OutputStream)> on_ready_;
  bool is_paused_ = false;
};

}  // namespace muster::server
