// LaneCalls: ExecuteMany for all callers: opens their lanes, finds them again, and takes their
// requests: checks each, and hands what a warm worker can do to the pool of its identity and
// everything else to who runs it as Execute would. Execute's thread rules.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "server/execution/execution_table.h"
#include "server/service/audit_log.h"
#include "server/service/lane.h"
#include "server/service/lane_reactor.h"
#include "server/service/node_facts.h"
#include "server/service/open_calls.h"
#include "server/service/reception.h"

namespace muster::server {

class LaneCalls {
 public:
  using Caller = std::shared_ptr<const Identity>;

  LaneCalls(EventLoop& loop, ExecutionTable& table, PoolTable& pools, Reception& reception,
            const NodeFacts& facts, AuditLog* audit, OpenCalls& open_calls)
      : loop_(loop),
        table_(table),
        pools_(pools),
        reception_(reception),
        facts_(facts),
        audit_(audit),
        open_calls_(open_calls) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Open(const Caller& caller);

  // On the loop's thread:
  using Key = std::pair<uid_t, std::string>;
  std::shared_ptr<ExecutionControl> Find(const ExecutionKey& key) const;
  const std::map<Key, std::shared_ptr<Lane>>& all() const { return lanes_; }
  // As ExecutionTable::Drain.
  void Drain(std::optional<std::chrono::milliseconds> grace, const std::string& who,
             std::function<void()> on_empty);

 private:
  class Handler;
  grpc::Status OpenLane(const Caller& caller, const v1::ExecuteManyRequest& first,
                        Lane::Carrier& carrier, std::shared_ptr<Lane>& lane,
                        v1::LaneOpened& opened);
  grpc::Status TakeRequests(const Caller& caller, const std::shared_ptr<Lane>& lane,
                            v1::ExecuteManyRequest& message);
  void Take(const Caller& caller, Lane& lane, v1::ExecuteRequest& message);
  // Whether a warm worker can do it.
  bool IsCell(const v1::ExecuteRequest& message) const;
  std::shared_ptr<ExecutionControl> Start(const Caller& caller, const v1::ExecuteRequest& message,
                                          const std::shared_ptr<ExecutionSink>& sink);
  void Forget(const Lane& lane);

  EventLoop& loop_;
  ExecutionTable& table_;
  PoolTable& pools_;
  Reception& reception_;
  const NodeFacts& facts_;
  AuditLog* const audit_;
  OpenCalls& open_calls_;
  std::map<Key, std::shared_ptr<Lane>> lanes_;
  std::function<void()> on_empty_;
};

}  // namespace muster::server
