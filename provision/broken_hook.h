// BrokenHook: stands for a hook that is required and cannot be called at all: whatever it might
// have stopped fails with the reason. Thread-safe.
#pragma once

#include <string>
#include <utility>

#include "provision/hook_catalogue.h"
#include "provision/hook_handler.h"

namespace muster::provision {

class BrokenHook : public HookHandler {
 public:
  // `file` has a problem.
  explicit BrokenHook(HookFile file) : file_(std::move(file)) {}

  const std::string& name() const override { return file_.name; }
  double priority() const override { return 0; }  // what it says is known before others begin
  bool Has(HookEvent event) const override;
  std::string Title(HookEvent event) const override;
  absl::StatusOr<nlohmann::json> Call(const HookCall& call) override;

 private:
  const HookFile file_;
};

}  // namespace muster::provision
