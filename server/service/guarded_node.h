// GuardedNode: the rpcs as one identity gets to see them: the one place where every call is checked
// (its role, the size of its metadata) before anything else of ours sees it. Each identity has one,
// behind a gRPC server of its own: gRPC knows no uid, and its own hook for this, the auth metadata
// processor, lets a peer end the process with one header (CVE-2023-1428). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "muster/v1/node.grpc.pb.h"
#include "server/service/node_service.h"

namespace muster::server {

// The largest metadata of a call, counted as HTTP/2 does (RFC 9113, 6.5.2), bytes. gRPC has the
// same limit, and keeps it only once the peer has acknowledged it.
inline constexpr std::size_t kMaxMetadataBytes = 8u << 10;

// As v1::Node::CallbackService, but that the messages of ExecuteMany are bytes: a large value in
// one is not copied.
using NodeMethods =
    v1::Node::WithCallbackMethod_Execute<v1::Node::WithRawCallbackMethod_ExecuteMany<
        v1::Node::WithCallbackMethod_Interact<v1::Node::WithCallbackMethod_Cancel<
            v1::Node::WithCallbackMethod_Describe<v1::Node::WithCallbackMethod_Transfer<
                v1::Node::WithCallbackMethod_OpenSession<v1::Node::WithCallbackMethod_ListSessions<
                    v1::Node::WithCallbackMethod_CloseSession<v1::Node::Service>>>>>>>>>;

class GuardedNode : public NodeMethods {
 public:
  // Gets what was denied to whom.
  using Denied = std::function<void(const Identity&, const std::string&)>;

  GuardedNode(NodeService& node, std::shared_ptr<const Identity> identity, Denied on_denied)
      : node_(node), identity_(std::move(identity)), on_denied_(std::move(on_denied)) {}

  grpc::ServerWriteReactor<v1::ExecuteEvent>* Execute(grpc::CallbackServerContext* context,
                                                      const v1::ExecuteRequest* request) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ExecuteMany(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>* Interact(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context,
                                   const v1::CancelRequest* request,
                                   v1::CancelResponse* response) override;
  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest* request,
                                     v1::DescribeResponse* response) override;
  grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>* Transfer(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* OpenSession(grpc::CallbackServerContext* context,
                                        const v1::OpenSessionRequest* request,
                                        v1::OpenSessionResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext* context,
                                         const v1::ListSessionsRequest* request,
                                         v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* CloseSession(grpc::CallbackServerContext* context,
                                         const v1::CloseSessionRequest* request,
                                         v1::CloseSessionResponse* response) override;

 private:
  // OK, or why this call ends here.
  grpc::Status Check(const char* method, const grpc::CallbackServerContext& context) const;

  NodeService& node_;
  const std::shared_ptr<const Identity> identity_;
  const Denied on_denied_;
};

}  // namespace muster::server
