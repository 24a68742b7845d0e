// NamedSession: what sessions of both kinds have in common: whose it is, when it was used, how it
// ends. Event loop's thread. Its states:
//
//   open ──Close, or the end of its process──▶ ending ──nothing of it runs──▶ ended
#pragma once

#include <chrono>
#include <compare>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/execution/event_loop.h"
#include "server/identity/identity.h"
#include "server/spawner/limits.h"
#include "server/spawner/supervisor_message.h"

namespace muster::server {

struct SessionKey {
  Identity identity;  // whose it is
  std::string name;

  auto operator<=>(const SessionKey&) const = default;
};

enum class SessionKind { kShell, kPython };

class NamedSession : public std::enable_shared_from_this<NamedSession> {
 public:
  using Clock = EventLoop::Clock;

  struct Events {
    // It takes nothing any more: the name is free.
    std::function<void(NamedSession&)> on_closing;
    // Nothing of it runs any more. The last one.
    std::function<void(NamedSession&)> on_ended;
  };
  struct Rules {
    Limits limits;                   // what all of it together may use; output: each command
    std::chrono::milliseconds idle;  // so long without a command it ends; 0: never
  };
  // What one session holds of commands that wait: no caller writes more by hand. Their sources
  // together, bytes: room for a few of the largest.
  static constexpr std::size_t kMostWaiting = 256;
  static constexpr std::size_t kMostWaitingBytes = 16u << 20;

  NamedSession(EventLoop& loop, SessionKind kind, SessionKey key, const Rules& rules,
               Events events);
  virtual ~NamedSession();
  NamedSession(const NamedSession&) = delete;
  NamedSession& operator=(const NamedSession&) = delete;

  SessionKind kind() const { return kind_; }
  const SessionKey& key() const { return key_; }
  Clock::time_point opened() const { return opened_; }
  // The end of its last command, or its opening.
  Clock::time_point used() const { return used_; }

  virtual bool IsBusy() const = 0;
  virtual std::size_t waiting() const = 0;
  // Takes nothing more and ends its process over `grace`; what runs is stopped for this cause, what
  // waits is refused. Calling it again hurries.
  virtual void Close(StopCause cause, std::chrono::milliseconds grace, const std::string& who) = 0;
  // The longest grace that one of its commands asks for, or that of an idle one.
  virtual std::chrono::milliseconds Grace() const = 0;

 protected:
  EventLoop& loop() const { return loop_; }
  const Limits& limits() const { return rules_.limits; }
  bool takes() const { return takes_; }
  // No command runs or waits: it will end for that, one day.
  void BeginIdle();
  void EndIdle();
  // False: it takes nothing already.
  bool StopTaking();
  void TellEnded() { events_.on_ended(*this); }

 private:
  EventLoop& loop_;
  const SessionKind kind_;
  const SessionKey key_;
  const Rules rules_;
  const Events events_;
  const Clock::time_point opened_ = Clock::now();
  Clock::time_point used_ = opened_;
  bool takes_ = true;
  std::optional<EventLoop::TimerId> idle_timer_;
};

// What of kind and name is said to people: "Python session work".
std::string DescribeSession(SessionKind kind, const std::string& name);

}  // namespace muster::server
