// PipeReader: one pipe from a user's process, read on the event loop in pieces of at most 64 KiB,
// paused when its reader wants no more: the pipe then fills and the writing process waits. Event
// loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"

namespace muster::server {

class PipeReader {
 public:
  // `on_data` gets what was read, good until it returns; `on_end` (once) the end of file. Neither
  // comes while paused.
  PipeReader(EventLoop& loop, UniqueFd fd, std::function<void(std::string_view)> on_data,
             std::function<void()> on_end);
  ~PipeReader();
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;

  void Pause();
  void Resume();
  bool AtEnd() const { return !fd_.IsOpen(); }
  std::uint64_t bytes() const { return bytes_; }
  // What is in the pipe now and was not read; 0 at its end.
  std::uint64_t Waiting() const;

 private:
  void Read();

  EventLoop& loop_;
  UniqueFd fd_;
  std::function<void(std::string_view)> on_data_;
  std::function<void()> on_end_;
  std::uint64_t bytes_ = 0;
  bool paused_ = false;
};

}  // namespace muster::server
