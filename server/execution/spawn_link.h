// SpawnLink: the daemon's end of the socket to a spawner or a zygote. Event loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/spawner/spawn_loop.h"

namespace muster::server {

class SpawnLink {
 public:
  struct Message {
    std::string bytes;
    std::vector<UniqueFd> fds;
  };

  // `on_message` gets what the other end says (a zygote: "R", or "E" and why, or kLeaves), `on_end`
  // comes once, when it is gone; what nobody got is there until this object goes.
  SpawnLink(EventLoop& loop, UniqueFd socket, std::function<void(const std::string&)> on_message,
            std::function<void()> on_end);
  ~SpawnLink();
  SpawnLink(const SpawnLink&) = delete;
  SpawnLink& operator=(const SpawnLink&) = delete;

  // Nobody is interested any more: nothing more is called, until it goes.
  void Disown() { is_disowned_ = true; }

  // Hands on what the other end has said so far; for when its end shows elsewhere first.
  void ReadLastWords();

  // Sends the command with its descriptors, or queues it; they are closed here once they are sent.
  // False: the other end is gone, nobody got anything, and the descriptors are still the caller's;
  // `on_message` has had what it said last.
  bool Send(SpawnCommand command, const std::string& payload, std::vector<UniqueFd>& fds);
  // What waits to be sent.
  std::deque<Message> TakeUnsent() { return std::exchange(unsent_, {}); }

 private:
  void HandleEvents(std::uint32_t events);
  bool Flush();

  EventLoop& loop_;
  UniqueFd socket_;
  std::function<void(const std::string&)> on_message_;
  std::function<void()> on_end_;
  std::deque<Message> unsent_;
  bool is_disowned_ = false;
};

}  // namespace muster::server
