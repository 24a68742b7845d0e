// NodeService: what the rpcs of one node do, whoever calls them. Each handler checks its request,
// hands it to the executions on the event loop, and answers. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "muster/v1/node.grpc.pb.h"
#include "server/execution/event_loop.h"
#include "server/execution/execution_table.h"
#include "server/service/audit_log.h"
#include "server/service/event_queue.h"
#include "server/service/lane_calls.h"
#include "server/service/node_facts.h"
#include "server/service/open_calls.h"
#include "server/service/reception.h"
#include "server/service/session_calls.h"

namespace muster::server {

class NodeService {
 public:
  // `audit`: null, or where everything that runs is recorded.
  NodeService(EventLoop& loop, ExecutionTable& table, PoolTable& pools, SessionTable& sessions,
              NodeFacts facts, AuditLog* audit)
      : loop_(loop),
        table_(table),
        sessions_(sessions),
        audit_(audit),
        facts_(std::move(facts)),
        session_calls_(loop, table, sessions, audit),
        reception_(table, sessions, facts_, audit),
        lane_calls_(loop, table, pools, reception_, facts_, audit, open_calls_) {}

  using Caller = std::shared_ptr<const Identity>;

  grpc::ServerWriteReactor<v1::ExecuteEvent>* Execute(const Caller& caller,
                                                      const v1::ExecuteRequest& message);
  // `is_transfer`: of files; else of anything but files.
  grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>* Interact(const Caller& caller,
                                                                            bool is_transfer);
  grpc::ServerUnaryReactor* Cancel(const Caller& caller, grpc::CallbackServerContext& context,
                                   const v1::CancelRequest& request);
  grpc::ServerUnaryReactor* Describe(const Caller& caller, grpc::CallbackServerContext& context,
                                     const v1::DescribeRequest& request,
                                     v1::DescribeResponse& response);
  SessionCalls& sessions() { return session_calls_; }
  LaneCalls& lanes() { return lane_calls_; }

  // For the shutdown.
  OpenCalls& open_calls() { return open_calls_; }

 private:
  // What the first message of an Interact asks for. Like Accept.
  void BeginInteraction(const std::shared_ptr<EventQueue>& queue, const v1::InteractRequest& first,
                        const Caller& caller, bool is_transfer);
  // Checks a request, and has it started on the loop or says why not. `complete` adds to it what
  // the message does not hold.
  void Accept(const std::shared_ptr<EventQueue>& queue, const v1::ExecuteRequest& message,
              const Caller& caller, const std::function<void(ExecutionRequest&)>& complete,
              bool is_transfer = false);
  static void Turn(EventQueue& queue, const Reception::Rejection& rejection);
  // On the loop's thread.
  void Submit(const std::shared_ptr<EventQueue>& queue, ExecutionRequest request);
  // Of this key, in a session or not; null when there is none.
  std::shared_ptr<ExecutionControl> Find(const ExecutionKey& key) const;
  // Of this id, whoever made it.
  std::optional<ExecutionKey> FindOfOthers(const ExecutionKey& key) const;
  grpc::Status Stop(const ExecutionKey& key, const Identity& caller,
                    std::optional<std::chrono::milliseconds> grace, const std::string& who) const;
  void ListSlots(v1::DescribeResponse& response) const;
  void ListRunning(v1::DescribeResponse& response, const Identity& caller, bool with_usage) const;

  EventLoop& loop_;
  ExecutionTable& table_;
  SessionTable& sessions_;
  AuditLog* const audit_;
  const NodeFacts facts_;
  OpenCalls open_calls_;
  SessionCalls session_calls_;
  Reception reception_;
  LaneCalls lane_calls_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace muster::server
