#include "client/session_order.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "common/escape.h"
#include "common/tsan.h"

namespace muster {

// Lives until gRPC has answered.
struct SessionOrder::Exchange {
  std::shared_ptr<SessionOrder> order;
  std::shared_ptr<Connection> connection;
  grpc::ClientContext context;
  v1::OpenSessionResponse opened;
  v1::ListSessionsResponse listed;
  v1::CloseSessionResponse closed;
};

SessionOrder::Answer SessionOrder::Wait() {
  const MutexLock lock(mutex_);
  while (!answer_ && finished_.WaitUntil(mutex_, deadline_)) {
  }
  if (!answer_) {
    answer_ = absl::UnavailableError(absl::StrCat("no answer from ", link_->name(), " in time"));
  }
  return *answer_;
}

void SessionOrder::OnConnected(NodeLink::Lease lease) {
  {
    const MutexLock lock(mutex_);
    if (answer_) return;  // nobody waits any more
  }
  const auto exchange = std::make_shared<Exchange>();
  exchange->order = shared_from_this();
  exchange->connection = lease.connection();
  // gRPC keeps a deadline as a distance from now; which clock it was said in does not matter.
  exchange->context.set_deadline(std::chrono::system_clock::now() +
                                 std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                     deadline_ - std::chrono::steady_clock::now()));
  Exchange* const raw = exchange.get();
  TsanRelease(raw);
  const auto answered = [exchange](const grpc::Status& status) {
    TsanAcquire(exchange.get());
    exchange->order->OnAnswer(*exchange, status);
  };
  auto* const stub = raw->connection->stub().async();
  if (const auto* open = std::get_if<v1::OpenSessionRequest>(&request_)) {
    stub->OpenSession(&raw->context, open, &raw->opened, answered);
  } else if (const auto* list = std::get_if<v1::ListSessionsRequest>(&request_)) {
    stub->ListSessions(&raw->context, list, &raw->listed, answered);
  } else {
    stub->CloseSession(&raw->context, &std::get<v1::CloseSessionRequest>(request_), &raw->closed,
                       answered);
  }
}

void SessionOrder::OnUnreachable(const std::string& why) { Finish(absl::UnavailableError(why)); }

void SessionOrder::OnAnswer(Exchange& exchange, const grpc::Status& status) {
  const std::string words = EscapeToOneLine(status.error_message());
  const std::string there = absl::StrCat(words, " on ", link_->name());
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      Finish(std::move(exchange.listed));
      return;
    case grpc::StatusCode::NOT_FOUND:
      Finish(absl::NotFoundError(there));
      return;
    case grpc::StatusCode::INVALID_ARGUMENT:
      Finish(absl::InvalidArgumentError(there));
      return;
    case grpc::StatusCode::ALREADY_EXISTS:
      Finish(absl::FailedPreconditionError(there));
      return;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::INTERNAL:
      Finish(absl::FailedPreconditionError(absl::StrCat(link_->name(), " refuses: ", words)));
      return;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return;  // Wait knows
    default:
      break;
  }
  const std::shared_ptr<Connection>& connection = exchange.connection;
  if (!connection->IsAlive()) link_->Forget(connection.get());
  connection->Explain(status, [self = shared_from_this()](const std::string& why) {
    self->Finish(absl::UnavailableError(
        absl::StrCat(self->link_->name(), " did not answer about its sessions: ", why)));
  });
}

void SessionOrder::Finish(Answer answer) {
  const MutexLock lock(mutex_);
  if (answer_) return;
  answer_ = std::move(answer);
  finished_.NotifyAll();
}

}  // namespace muster
