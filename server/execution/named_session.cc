#include "server/execution/named_session.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "common/limits.h"
#include "common/quantity.h"

namespace muster::server {

NamedSession::NamedSession(EventLoop& loop, SessionKind kind, SessionKey key, const Rules& rules,
                           Events events)
    : loop_(loop), kind_(kind), key_(std::move(key)), rules_(rules), events_(std::move(events)) {}

NamedSession::~NamedSession() { EndIdle(); }

void NamedSession::BeginIdle() {
  used_ = Clock::now();
  if (idle_timer_ || rules_.idle.count() == 0) return;
  idle_timer_ = loop_.After(rules_.idle, [this] {
    idle_timer_.reset();
    Close(StopCause::kCancel, kDefaultGrace,
          absl::StrCat("it was idle for ", FormatDuration(rules_.idle)));
  });
}

void NamedSession::EndIdle() {
  if (idle_timer_) loop_.CancelTimer(*idle_timer_);
  idle_timer_.reset();
}

bool NamedSession::StopTaking() {
  if (!std::exchange(takes_, false)) return false;
  EndIdle();
  events_.on_closing(*this);
  return true;
}

std::string DescribeSession(SessionKind kind, const std::string& name) {
  return absl::StrCat(kind == SessionKind::kPython ? "Python session " : "shell session ", name);
}

}  // namespace muster::server
