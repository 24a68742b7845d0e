#include "client/execution.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "client/execution_id.h"
#include "client/execution_stream.h"
#include "client/interaction_stream.h"
#include "client/node_failure.h"
#include "client/wire.h"
#include "common/escape.h"

namespace muster {
namespace {

// After that a daemon may have forgotten the id: it remembers those of a user's last 10,000
// connections.
constexpr std::chrono::seconds kIsRemembered(5);

// How long a request to cancel may take.
constexpr std::chrono::seconds kCancelTimeout(10);

// With these the connection broke, or the server of gRPC ended beneath the daemon.
bool IsBreak(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::CANCELLED;
}

}  // namespace

void Execution::Begin() { link_->Connect(NodeLink::Use::kExecution, shared_from_this()); }

void Execution::Finish(Outcome::Kind kind, std::string reason) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.node = call_->node();
  outcome.reason = std::move(reason);
  call_->Finish(std::move(outcome));
}

void Execution::FinishInDoubt(const std::string& why) {
  std::string first;
  {
    const MutexLock lock(mutex_);
    first = EscapeToOneLine(doubt_->error_message());
  }
  Finish(Outcome::Kind::kLost,
         absl::StrCat(link_->name(), " broke the connection before it accepted the execution: ",
                      first, "; whether it was started cannot be asked: ", why));
}

const char* Execution::WhyNotAgain(const Connection& connection) const {
  if (connection.incarnation() != request_.incarnation()) {
    return "node restarted: it has another clusterd now";
  }
  if (std::chrono::steady_clock::now() > sent_ + kIsRemembered) {
    return "the node could be reached again only after a while";
  }
  return nullptr;
}

std::optional<std::chrono::milliseconds> Execution::Guard() const {
  if (!request_.has_deadline_ms()) return std::nullopt;
  return GuardOf(request_.deadline_ms(), request_.grace_ms());
}

void Execution::OnConnected(NodeLink::Lease lease) {
  const std::shared_ptr<Connection> connection = lease.connection();
  std::shared_ptr<EventStream> stream;
  v1::ExecuteRequest request;
  std::optional<std::chrono::milliseconds> guard;
  const char* why_not = nullptr;
  bool is_too_old = false;
  {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kConnecting) return;
    if (doubt_) {
      why_not = WhyNotAgain(*connection);
    } else if (request_.resources_size() > 0 && !connection->HasSlots()) {
      is_too_old = true;
    } else {
      sent_ = std::chrono::steady_clock::now();
    }
    stage_ = why_not == nullptr && !is_too_old ? Stage::kSent : Stage::kEnded;
    if (stage_ == Stage::kSent) {
      // A second try keeps the id: it is the same execution, and may be known by it already.
      if (!request_.has_id()) *request_.mutable_id() = link_->NextId();
      request_.set_incarnation(connection->incarnation());
      guard = Guard();
      request = request_;
      lease_ = std::move(lease);
      stream_ = stream = MakeStream(connection);
    }
  }
  if (is_too_old) {
    Finish(Outcome::Kind::kRefused,
           "its clusterd is of a version that knows no resources; update it");
    return;
  }
  if (why_not != nullptr) {
    FinishInDoubt(why_not);
    return;
  }
  call_->SetId(ToText(request.id()));
  stream->Start(request, guard, stream);
}

std::shared_ptr<EventStream> Execution::MakeStream(const std::shared_ptr<Connection>& connection) {
  if (call_->input()) {
    return std::make_shared<InteractionStream>(connection, shared_from_this(), call_->input());
  }
  return std::make_shared<ExecutionStream>(connection, shared_from_this());
}

void Execution::OnUnreachable(const std::string& why) {
  bool is_in_doubt = false;
  {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kConnecting) return;
    stage_ = Stage::kEnded;
    is_in_doubt = doubt_.has_value();
  }
  if (is_in_doubt) {
    FinishInDoubt(why);
  } else {
    Finish(Outcome::Kind::kUnreachable, why);
  }
}

bool Execution::OnEvent(v1::ExecuteEvent& event) {
  switch (event.event_case()) {
    case v1::ExecuteEvent::kStarted:
      OnStarted();
      return true;
    case v1::ExecuteEvent::kOutput:
      return call_->AddOutput(wire::TakeEvent(*event.mutable_output()));
    case v1::ExecuteEvent::kValue:
      value_.Append(event.value().text());
      return true;
    case v1::ExecuteEvent::kOutcome:
      call_->Finish(wire::TakeOutcome(*event.mutable_outcome(), value_.Take(), call_->node()));
      return true;
    case v1::ExecuteEvent::kWaiting:
      return call_->AddOutput({Event::Stream::kWaiting, ""});
    case v1::ExecuteEvent::EVENT_NOT_SET:
      return true;  // of a later version
  }
  return true;
}

void Execution::OnStarted() {
  std::shared_ptr<Connection> connection;
  v1::ExecutionId id;
  std::optional<std::chrono::milliseconds> grace;
  {
    const MutexLock lock(mutex_);
    is_started_ = true;
    id = request_.id();
    request_.Clear();  // a source may have 3 MiB
    *request_.mutable_id() = id;
    if (!wants_cancel_ || cancel_is_sent_) return;
    cancel_is_sent_ = true;
    connection = lease_.connection();
    grace = cancel_grace_;
  }
  SendCancel(*connection, id, grace);
}

void Execution::SendCancel(Connection& connection, const v1::ExecutionId& id,
                           std::optional<std::chrono::milliseconds> grace) {
  // A node that does not take the request is told by what it cannot miss: that its client is gone.
  connection.Cancel(wire::ToCancel(id, grace), kCancelTimeout,
                    [self = shared_from_this()](const grpc::Status& status) {
                      const bool ended = status.error_code() == grpc::StatusCode::NOT_FOUND;
                      if (!status.ok() && !ended) self->Abandon();
                    });
}

void Execution::ReadOn() {
  std::shared_ptr<EventStream> stream;
  {
    const MutexLock lock(mutex_);
    stream = stream_;
  }
  if (stream) stream->ReadOn();
}

void Execution::Cancel(std::optional<std::chrono::milliseconds> grace) {
  if (Forks() != forks_) return;  // a fork shares its parent's connections, and must not use them
  std::shared_ptr<Connection> connection;
  v1::ExecutionId id;
  bool in_doubt = false;
  {
    const MutexLock lock(mutex_);
    if (stage_ == Stage::kEnded) return;
    in_doubt = doubt_.has_value();
    const bool hurries = grace && (!cancel_grace_ || *grace < *cancel_grace_);
    if (wants_cancel_ && !hurries) return;
    wants_cancel_ = true;
    cancel_grace_ = grace;
    if (stage_ == Stage::kConnecting) {
      stage_ = Stage::kEnded;
      request_.Clear();  // it may wait for its place a while, to find that it needs none
    } else if (is_started_) {
      cancel_is_sent_ = true;
      connection = lease_.connection();
      id = request_.id();
    } else {
      return;  // OnStarted sends it
    }
  }
  if (connection) {
    SendCancel(*connection, id, grace);
  } else {
    Finish(Outcome::Kind::kCancelled,
           in_doubt ? "by this program, after its connection broke"
                    : "by this program, before it was sent; nothing was started");
  }
}

void Execution::Abandon() {
  if (Forks() != forks_) return;
  std::shared_ptr<EventStream> stream;
  {
    const MutexLock lock(mutex_);
    is_abandoned_ = true;
    if (stage_ == Stage::kConnecting) {
      stage_ = Stage::kEnded;
      request_.Clear();
    }
    stream = stream_;
  }
  if (stream) {
    stream->Break();
  } else {
    Finish(Outcome::Kind::kCancelled, "its last handle went before it was sent");
  }
}

void Execution::OnEnd(const grpc::Status& status) {
  // The place is given back last: who waits for it must not be sent over what is found broken here.
  NodeLink::Lease lease;
  std::shared_ptr<EventStream> stream;  // ends after the lock
  Broken broken;
  bool again = false;
  {
    const MutexLock lock(mutex_);
    lease = std::move(lease_);
    broken.connection = lease.connection();
    stream = std::move(stream_);
    broken.was_started = is_started_;
    broken.was_abandoned = is_abandoned_;
    broken.is_other_incarnation =
        status.error_code() == grpc::StatusCode::FAILED_PRECONDITION && !is_started_;
    const bool broke = !is_started_ && IsBreak(status.error_code()) &&
                       std::chrono::steady_clock::now() < sent_ + kIsRemembered;
    again = (broken.is_other_incarnation || broke) && !is_second_try_ && !is_abandoned_ &&
            !wants_cancel_;
    stage_ = again ? Stage::kConnecting : Stage::kEnded;
    is_second_try_ = is_second_try_ || again;
    if (again && broke) doubt_ = status;
    broken.in_doubt = doubt_.has_value();
  }
  if (IsBreak(status.error_code()) && !broken.was_abandoned) {
    link_->Forget(broken.connection.get());
  }
  if (call_->IsDone()) return;
  if (again) {
    // After a refusal nothing was started, so asking the daemon that is there now is no second
    // start.
    if (!broken.in_doubt) link_->ForgetAll();
    link_->Connect(NodeLink::Use::kExecution, shared_from_this());
    return;
  }
  TellBreak(status, broken);
}

void Execution::TellBreak(const grpc::Status& status, const Broken& broken) {
  const bool was_started = broken.was_started;
  if (broken.was_abandoned) {
    Finish(Outcome::Kind::kCancelled, "by this program, which broke off the execution");
  } else if (broken.is_other_incarnation) {
    Finish(Outcome::Kind::kLost,
           absl::StrCat("node restarted: ", link_->name(),
                        " has another clusterd now; nothing was started by it: ",
                        EscapeToOneLine(status.error_message())));
  } else if (!was_started && broken.in_doubt &&
             status.error_code() == grpc::StatusCode::ALREADY_EXISTS) {
    Finish(Outcome::Kind::kLost,
           absl::StrCat(link_->name(),
                        " had taken the execution when the connection broke: it was "
                        "stopped there; whether it finished is not known"));
  } else if (!was_started && status.error_code() == grpc::StatusCode::ALREADY_EXISTS) {
    Finish(Outcome::Kind::kRefused,
           absl::StrCat("an execution with this id (", call_->id(), ") was started on ",
                        link_->name(), " before; nothing was started now"));
  } else if (!was_started && IsRefusal(status.error_code())) {
    Finish(Outcome::Kind::kRefused, absl::StrCat("by clusterd on ", link_->name(), ": ",
                                                 EscapeToOneLine(status.error_message())));
  } else if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    Finish(Outcome::Kind::kLost,
           absl::StrCat("no answer from ", link_->name(), " long after the deadline"));
  } else {
    link_->Forget(broken.connection.get());
    broken.connection->Explain(
        status, [self = shared_from_this(), status](const std::string& words) {
          const char* what = status.ok() ? " ended the execution without an outcome"
                                         : " broke the connection before the outcome";
          self->Finish(Outcome::Kind::kLost,
                       absl::StrCat(self->link_->name(), what, words.empty() ? "" : ": ", words,
                                    "; whether it finished is not known"));
        });
  }
}

}  // namespace muster
