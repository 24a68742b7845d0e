#include "server/service/guarded_node.h"

#include <absl/strings/str_cat.h>

#include "common/tsan.h"
#include "server/service/method_roles.h"

namespace muster::server {
namespace {

// What HTTP/2 adds to each field.
constexpr std::size_t kFieldOverhead = 32;

// A stream that ends as soon as it begins.
template <typename Reactor>
class Ended : public Reactor {
 public:
  explicit Ended(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

template <typename Reactor>
Reactor* End(const grpc::Status& status) {
  return new Ended<Reactor>(status);
}

grpc::ServerUnaryReactor* EndUnary(grpc::CallbackServerContext& context,
                                   const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

}  // namespace

grpc::Status GuardedNode::Check(const char* method,
                                const grpc::CallbackServerContext& context) const {
  TsanAcquire(const_cast<GuardedNode*>(this));  // of the acceptor's thread, which made it
  std::size_t bytes = 0;
  for (const auto& [key, value] : context.client_metadata()) {
    bytes += key.size() + value.size() + kFieldOverhead;
  }
  grpc::Status status;
  const std::optional<Role> needed = RoleForMethod(absl::StrCat("/muster.v1.Node/", method));
  if (bytes > kMaxMetadataBytes) {
    status = {grpc::StatusCode::RESOURCE_EXHAUSTED,
              absl::StrCat("the call's metadata has ", bytes, " bytes; at most ", kMaxMetadataBytes,
                           " are taken")};
  } else if (!needed) {
    status = {grpc::StatusCode::PERMISSION_DENIED, absl::StrCat("no role may call ", method)};
  } else if (identity_->role < *needed) {
    status = {grpc::StatusCode::PERMISSION_DENIED,
              absl::StrCat(method, " takes the role ", RoleName(*needed), ", and user ",
                           identity_->name, " has the role ", RoleName(identity_->role),
                           " here, by ", identity_->rule, "; ask whoever runs this clusterd")};
  }
  if (!status.ok()) on_denied_(*identity_, status.error_message());
  return status;
}

grpc::ServerWriteReactor<v1::ExecuteEvent>* GuardedNode::Execute(
    grpc::CallbackServerContext* context, const v1::ExecuteRequest* request) {
  const grpc::Status status = Check("Execute", *context);
  if (!status.ok()) return End<grpc::ServerWriteReactor<v1::ExecuteEvent>>(status);
  return node_.Execute(identity_, *request);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* GuardedNode::ExecuteMany(
    grpc::CallbackServerContext* context) {
  const grpc::Status status = Check("ExecuteMany", *context);
  if (!status.ok()) {
    return End<grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>>(status);
  }
  return node_.lanes().Open(identity_);
}

grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>* GuardedNode::Interact(
    grpc::CallbackServerContext* context) {
  const grpc::Status status = Check("Interact", *context);
  if (!status.ok()) {
    return End<grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>>(status);
  }
  return node_.Interact(identity_, false);
}

grpc::ServerUnaryReactor* GuardedNode::Cancel(grpc::CallbackServerContext* context,
                                              const v1::CancelRequest* request,
                                              v1::CancelResponse*) {
  const grpc::Status status = Check("Cancel", *context);
  return status.ok() ? node_.Cancel(identity_, *context, *request) : EndUnary(*context, status);
}

grpc::ServerUnaryReactor* GuardedNode::Describe(grpc::CallbackServerContext* context,
                                                const v1::DescribeRequest* request,
                                                v1::DescribeResponse* response) {
  const grpc::Status status = Check("Describe", *context);
  return status.ok() ? node_.Describe(identity_, *context, *request, *response)
                     : EndUnary(*context, status);
}

grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>* GuardedNode::Transfer(
    grpc::CallbackServerContext* context) {
  const grpc::Status status = Check("Transfer", *context);
  if (!status.ok()) {
    return End<grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>>(status);
  }
  return node_.Interact(identity_, true);
}

grpc::ServerUnaryReactor* GuardedNode::OpenSession(grpc::CallbackServerContext* context,
                                                   const v1::OpenSessionRequest* request,
                                                   v1::OpenSessionResponse*) {
  const grpc::Status status = Check("OpenSession", *context);
  return status.ok() ? node_.sessions().Open(*identity_, *context, *request)
                     : EndUnary(*context, status);
}

grpc::ServerUnaryReactor* GuardedNode::ListSessions(grpc::CallbackServerContext* context,
                                                    const v1::ListSessionsRequest*,
                                                    v1::ListSessionsResponse* response) {
  const grpc::Status status = Check("ListSessions", *context);
  return status.ok() ? node_.sessions().List(*identity_, *context, *response)
                     : EndUnary(*context, status);
}

grpc::ServerUnaryReactor* GuardedNode::CloseSession(grpc::CallbackServerContext* context,
                                                    const v1::CloseSessionRequest* request,
                                                    v1::CloseSessionResponse*) {
  const grpc::Status status = Check("CloseSession", *context);
  return status.ok() ? node_.sessions().Close(*identity_, *context, *request)
                     : EndUnary(*context, status);
}

}  // namespace muster::server
