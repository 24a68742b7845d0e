// HookProcess: a hook module and the process that it lives in: a Python session on the private node
// of this process. After a fault the next call finds a new process; a module that cannot be
// imported is disabled. Thread-safe; one call at a time.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "common/mutex.h"
#include "provision/hook_handler.h"
#include "provision/hook_log.h"
#include "provision/python_host.h"

namespace muster::provision {

class HookProcess : public HookHandler {
 public:
  struct Order {
    std::string name;
    std::string path;
    std::chrono::milliseconds timeout{0};
    std::uint64_t memory_bytes = 0;
    std::optional<double> priority;  // of the configuration, which goes before the module's own
    bool traces = false;
    bool is_required = false;  // while it is not loaded it is called for all that it might stop
  };
  // `log` has to live longer.
  HookProcess(Order order, const HookLog& log);
  ~HookProcess() override;

  // Imports the module. Not ok: why it is disabled, with the place.
  absl::Status Load(const std::function<bool()>& gives_up) MUSTER_EXCLUDES(mutex_);

  const std::string& name() const override { return order_.name; }
  double priority() const override MUSTER_EXCLUDES(facts_mutex_);
  // What of it nobody calls, and was meant to be called, as it seems; empty: nothing.
  std::string hints() const MUSTER_EXCLUDES(facts_mutex_);
  bool Has(HookEvent event) const override MUSTER_EXCLUDES(facts_mutex_);
  std::string Title(HookEvent event) const override MUSTER_EXCLUDES(facts_mutex_);
  absl::StatusOr<nlohmann::json> Call(const HookCall& call) override MUSTER_EXCLUDES(mutex_);

 private:
  struct Function {
    std::string name;   // empty: it has none
    std::string place;  // FILE:LINE
  };

  absl::Status LoadLocked(const std::function<bool()>& gives_up) MUSTER_REQUIRES(mutex_);
  absl::StatusOr<nlohmann::json> Ask(const std::string& source, const std::string& place,
                                     const std::function<bool()>& gives_up) MUSTER_REQUIRES(mutex_);
  absl::Status SendPieces(std::string& text, const std::function<bool()>& gives_up)
      MUSTER_REQUIRES(mutex_);
  absl::StatusOr<nlohmann::json> CallLocked(const HookCall& call, const std::string& place)
      MUSTER_REQUIRES(mutex_);
  void Follow(muster::Call& call, const std::function<bool()>& gives_up) MUSTER_REQUIRES(mutex_);
  void ShowLines(std::string& text, bool is_end) const;
  void EndProcess() MUSTER_REQUIRES(mutex_);
  Function FunctionOf(HookEvent event) const MUSTER_EXCLUDES(facts_mutex_);

  const Order order_;
  const HookLog& log_;
  Mutex mutex_;  // of the process: held while a call runs
  std::shared_ptr<PythonHost> host_ MUSTER_GUARDED_BY(mutex_);
  std::string session_ MUSTER_GUARDED_BY(mutex_);  // empty: there is no process
  mutable Mutex facts_mutex_;
  double priority_ MUSTER_GUARDED_BY(facts_mutex_);
  bool is_loaded_ MUSTER_GUARDED_BY(facts_mutex_) = false;
  std::string hints_ MUSTER_GUARDED_BY(facts_mutex_);
  std::array<Function, 8> functions_ MUSTER_GUARDED_BY(facts_mutex_);
};

}  // namespace muster::provision
