// NodeRunner: has calls run on one node: over its fast lane when they fit there, each as an
// execution of its own else. Thread-safe; a copy is as good.
#pragma once

#include <memory>
#include <string>

#include "client/call_state.h"
#include "client/fast_lane.h"
#include "client/node_link.h"
#include "client/wire.h"

namespace muster {

class NodeRunner {
 public:
  // `wire_name`: as the daemon knows its node; empty: whichever answers.
  NodeRunner(std::shared_ptr<NodeLink> link, std::shared_ptr<FastLane> lane, std::string wire_name)
      : link_(std::move(link)), lane_(std::move(lane)), wire_name_(std::move(wire_name)) {}

  // Once for each call. Never blocks.
  void Begin(const std::shared_ptr<Call::State>& call, const Command& command,
             const ExecuteOptions& options, const wire::Place& place) const;

 private:
  std::shared_ptr<NodeLink> link_;
  std::shared_ptr<FastLane> lane_;
  std::string wire_name_;
};

}  // namespace muster
