// What tests of Python sessions do again and again: cells, also those that run beside the test, and
// the rpcs about sessions.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/node_fixture.h"

namespace muster::test {

v1::ExecuteRequest Cell(NodeFixture& node, const std::string& source,
                        const std::string& session = "s");
Collected RunCell(NodeFixture& node, const std::string& source, const std::string& session = "s");

std::vector<v1::Session> ListSessions(NodeFixture& node);
grpc::StatusCode OpenSession(NodeFixture& node, const std::string& name, v1::SessionKind kind);
grpc::StatusCode CloseSession(NodeFixture& node, const std::string& name);

// A cell whose events a thread of its own collects.
class RunningCell {
 public:
  RunningCell(NodeFixture& node, const v1::ExecuteRequest& request);
  RunningCell(NodeFixture& node, const std::string& source, const std::string& session = "s")
      : RunningCell(node, Cell(node, source, session)) {}
  ~RunningCell();  // breaks it off

  const v1::ExecuteRequest& request() const { return request_; }
  bool HasStarted();
  // Waits until it was accepted, or its stdout holds `text`.
  bool Starts();
  bool Sees(const std::string& text);
  void Break() { context_.TryCancel(); }
  Collected Finish();

 private:
  const v1::ExecuteRequest request_;
  grpc::ClientContext context_;
  std::mutex mutex_;
  bool has_started_ = false;
  std::string out_;
  Collected collected_;
  std::thread listener_;
};

}  // namespace muster::test
