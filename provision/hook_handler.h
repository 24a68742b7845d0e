// HookHandler: one hook as its caller sees it: a module of Python in a process of its own, or an
// executable. Thread-safe; one call at a time.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "provision/hook_event.h"

namespace muster::provision {

// What is sent: an object of JSON.
struct HookCall {
  HookEvent event = HookEvent::kPreStart;
  const nlohmann::json* arguments = nullptr;  // by keyword
  std::vector<std::string> node_lists = {};   // those that are lists of nodes
  std::vector<std::string> changes = {};      // those that may come back changed
  std::function<bool()> gives_up = {};        // asked every 100 ms; null: never
};

class HookHandler {
 public:
  virtual ~HookHandler() = default;

  virtual const std::string& name() const = 0;
  virtual double priority() const = 0;
  // Whether it has a function for it; after it was loaded. False once it is disabled.
  virtual bool Has(HookEvent event) const = 0;
  // "audit:pre_execute", for messages.
  virtual std::string Title(HookEvent event) const = 0;
  // The arguments that may have changed. Aborted: a veto, and why; Cancelled: the caller gave up;
  // any other error: a fault, with its place.
  virtual absl::StatusOr<nlohmann::json> Call(const HookCall& call) = 0;
};

}  // namespace muster::provision
