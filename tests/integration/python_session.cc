#include "tests/integration/python_session.h"

#include "tests/integration/watching.h"

namespace muster::test {

v1::ExecuteRequest Cell(NodeFixture& node, const std::string& source, const std::string& session) {
  v1::ExecuteRequest request = node.Python(source);
  request.set_session(session);
  return request;
}

Collected RunCell(NodeFixture& node, const std::string& source, const std::string& session) {
  return node.Run(Cell(node, source, session));
}

std::vector<v1::Session> ListSessions(NodeFixture& node) {
  grpc::ClientContext context;
  v1::ListSessionsResponse response;
  if (!node.stub().ListSessions(&context, {}, &response).ok()) return {};
  return {response.sessions().begin(), response.sessions().end()};
}

grpc::StatusCode OpenSession(NodeFixture& node, const std::string& name, v1::SessionKind kind) {
  grpc::ClientContext context;
  v1::OpenSessionRequest request;
  request.set_name(name);
  request.set_kind(kind);
  v1::OpenSessionResponse response;
  return node.stub().OpenSession(&context, request, &response).error_code();
}

grpc::StatusCode CloseSession(NodeFixture& node, const std::string& name) {
  grpc::ClientContext context;
  v1::CloseSessionRequest request;
  request.set_name(name);
  v1::CloseSessionResponse response;
  return node.stub().CloseSession(&context, request, &response).error_code();
}

RunningCell::RunningCell(NodeFixture& node, const v1::ExecuteRequest& request)
    : request_(request), listener_([this, &node] {
        Collected collected = node.Run(
            request_,
            [this](const v1::ExecuteEvent& event) {
              const std::lock_guard<std::mutex> lock(mutex_);
              has_started_ = true;
              if (event.has_output()) out_ += event.output().data();
            },
            &context_);
        const std::lock_guard<std::mutex> lock(mutex_);
        collected_ = std::move(collected);
      }) {}

RunningCell::~RunningCell() {
  if (!listener_.joinable()) return;
  Break();
  listener_.join();
}

bool RunningCell::HasStarted() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return has_started_;
}

bool RunningCell::Starts() {
  return Eventually([&] { return HasStarted(); });
}

bool RunningCell::Sees(const std::string& text) {
  return Eventually([&] {
    const std::lock_guard<std::mutex> lock(mutex_);
    return out_.find(text) != std::string::npos;
  });
}

Collected RunningCell::Finish() {
  if (listener_.joinable()) listener_.join();
  return collected_;
}

}  // namespace muster::test
