#include "client/cancel_order.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "client/execution_id.h"
#include "client/wire.h"

namespace muster {

absl::Status CancelOrder::Give(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  {
    const MutexLock lock(mutex_);
    deadline_ = deadline;
  }
  link_->Connect(NodeLink::Use::kQuestion, shared_from_this());
  const MutexLock lock(mutex_);
  while (!status_ && finished_.WaitUntil(mutex_, deadline)) {
  }
  if (!status_) {
    status_ = absl::UnavailableError(absl::StrCat("no answer from ", link_->name(), " within ",
                                                  timeout.count(), " ms; whether ", ToText(id_),
                                                  " is being stopped is not known"));
  }
  return *status_;
}

void CancelOrder::OnConnected(NodeLink::Lease lease) {
  const std::shared_ptr<Connection>& connection = lease.connection();
  std::chrono::steady_clock::time_point deadline;
  {
    const MutexLock lock(mutex_);
    if (status_) return;  // nobody waits any more
    deadline = deadline_;
  }
  v1::CancelRequest request = wire::ToCancel(id_, grace_);
  request.set_from_elsewhere(true);
  connection->Cancel(std::move(request), deadline - std::chrono::steady_clock::now(),
                     [self = shared_from_this(), connection](const grpc::Status& status) {
                       self->OnAnswer(connection, status);
                     });
}

void CancelOrder::OnUnreachable(const std::string& why) { Finish(absl::UnavailableError(why)); }

void CancelOrder::OnAnswer(const std::shared_ptr<Connection>& connection,
                           const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      Finish(absl::OkStatus());
      return;
    case grpc::StatusCode::NOT_FOUND:
      Finish(absl::NotFoundError(absl::StrCat("no execution ", ToText(id_),
                                              " of this user runs or waits on ", link_->name())));
      return;
    case grpc::StatusCode::PERMISSION_DENIED:
      Finish(absl::PermissionDeniedError(absl::StrCat(link_->name(), " does not stop ", ToText(id_),
                                                      ": ", status.error_message())));
      return;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return;  // Give knows
    default:
      break;
  }
  if (!connection->IsAlive()) link_->Forget(connection.get());
  connection->Explain(status, [self = shared_from_this()](const std::string& words) {
    self->Finish(absl::UnavailableError(absl::StrCat(
        self->link_->name(), " did not take the order to stop ", ToText(self->id_), ": ", words)));
  });
}

void CancelOrder::Finish(absl::Status status) {
  const MutexLock lock(mutex_);
  if (status_) return;
  status_ = std::move(status);
  finished_.NotifyAll();
}

}  // namespace muster
