// HookProgram: an executable of hooks.d/EVENT.d: the request as JSON on its standard input, the
// changed one on its standard output (nothing: unchanged); exit code 0: it went well, 77: a veto
// with the last line of its standard error, else a fault. Runs on the private node of this process.
// Thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "common/mutex.h"
#include "provision/hook_catalogue.h"
#include "provision/hook_handler.h"
#include "provision/hook_log.h"

namespace muster::provision {

class HookProgram : public HookHandler {
 public:
  // `log` has to live longer.
  HookProgram(HookFile file, std::chrono::milliseconds timeout, const HookLog& log);

  const std::string& name() const override { return file_.name; }
  // The number that its name begins with; else 50.
  double priority() const override { return priority_; }
  bool Has(HookEvent event) const override { return event == file_.event; }
  std::string Title(HookEvent event) const override;
  absl::StatusOr<nlohmann::json> Call(const HookCall& call) override MUSTER_EXCLUDES(mutex_);

 private:
  const HookFile file_;
  const std::chrono::milliseconds timeout_;
  const HookLog& log_;
  double priority_ = 50;
  Mutex mutex_;  // held while it runs
};

}  // namespace muster::provision
