// SupervisorLink: the daemon's end of the control socket to one supervisor. Sends without blocking
// (what the socket does not take waits here), cuts what comes into frames. Event loop's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/spawner/frame.h"
#include "server/spawner/supervisor_message.h"

namespace muster::server {

class SupervisorLink {
 public:
  // `on_end` comes once, at end of file or at a broken frame, after every frame before it.
  SupervisorLink(EventLoop& loop, UniqueFd fd, std::function<void(const Frame&)> on_frame,
                 std::function<void()> on_end);
  ~SupervisorLink();
  SupervisorLink(const SupervisorLink&) = delete;
  SupervisorLink& operator=(const SupervisorLink&) = delete;

  // A signal may be dropped when many wait already.
  void Send(FrameType type, std::string_view payload);

 private:
  void HandleEvents(std::uint32_t events);
  void Flush();
  void Close();

  EventLoop& loop_;
  UniqueFd fd_;
  std::function<void(const Frame&)> on_frame_;
  std::function<void()> on_end_;
  FrameDecoder decoder_{kMaxReportBytes};
  std::string unsent_;
};

}  // namespace muster::server
