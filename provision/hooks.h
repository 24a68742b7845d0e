// Hooks: all hooks of a configuration that are switched on, in the order in which they are called.
// Nothing is started before the first call that asks for one. A hook that goes wrong costs its
// caller its deadline at most: it is named, what it changed is dropped, and the next one is called;
// one that is required and goes wrong before something vetoes it. Thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "provision/hook_catalogue.h"
#include "provision/hook_handler.h"
#include "provision/hook_log.h"
#include "provision/hook_settings.h"

namespace muster::provision {

// One hook, for `hooks list`.
struct HookView {
  std::string name;
  std::string path;
  bool is_module = true;
  bool is_active = false;
  bool is_required = false;
  double priority = 50;
  std::vector<std::string> events;  // once it was loaded
  std::string settings;             // an object of JSON; empty: none
  std::string problem;              // why it is disabled, or left out; empty: nothing
  std::string hints;                // what of it nobody calls, and was meant to be called
  int calls = 0;
  int faults = 0;
};

class Hooks {
 public:
  // What came back of a call, for the caller to check and to take: `before` and `after` are what a
  // hook found and left of the arguments that it may change. InvalidArgument: it may not; nothing
  // of this hook is taken.
  using Take = std::function<absl::Status(const nlohmann::json& before, nlohmann::json& after)>;
  // Of a hook, what else it answered.
  using OnResult = std::function<void(const std::string& name, const nlohmann::json& result)>;

  struct Request {
    HookEvent event = HookEvent::kPreStart;
    std::vector<std::string> node_lists = {};
    std::vector<std::string> changes = {};
    Take check = {};
    OnResult on_result = {};
    std::function<bool()> gives_up = {};
  };

  // Finds them. InvalidArgument: one is switched on that is not there; which there are.
  static absl::StatusOr<std::shared_ptr<Hooks>> Open(HookSettings settings);

  // Those of this process; null: none are switched on. Set once, at its start.
  static std::shared_ptr<Hooks> Get();
  static void Set(std::shared_ptr<Hooks> hooks);

  // Whether anybody wants to be called then; loads the modules at the first time.
  bool Has(HookEvent event) MUSTER_EXCLUDES(mutex_);
  // Calls those who do, in their order; what they change stands in `arguments` afterwards, which is
  // an object. `lkp` is added. Aborted: a veto, with the name of the hook and its reason; so is any
  // fault of one that is required.
  absl::Status Fire(const Request& request, nlohmann::json& arguments) MUSTER_EXCLUDES(mutex_);

  // All that were found, switched on or not; loads those that are.
  std::vector<HookView> List() MUSTER_EXCLUDES(mutex_);
  // Of folders that are left out.
  const std::vector<std::string>& complaints() const { return catalogue_.complaints; }
  const HookSettings& settings() const { return settings_; }

 private:
  struct Entry {
    HookFile file;
    std::shared_ptr<HookHandler> handler;
    std::string problem;
    int calls = 0;
    int faults = 0;
  };

  Hooks(HookSettings settings, HookCatalogue catalogue);
  bool IsActive(const HookFile& module) const;
  absl::Status CheckRequired() const;
  void AddBroken(const HookFile& file) MUSTER_REQUIRES(mutex_);
  void MakeHandlers() MUSTER_REQUIRES(mutex_);
  void TellIdleSettings() const;
  void Load() MUSTER_EXCLUDES(mutex_);
  std::vector<std::shared_ptr<HookHandler>> HandlersOf(HookEvent event) MUSTER_EXCLUDES(mutex_);
  absl::Status CallOne(HookHandler& handler, const Request& request, nlohmann::json& arguments)
      MUSTER_EXCLUDES(mutex_);
  absl::Status Judge(HookHandler& handler, HookEvent event, const absl::Status& fault)
      MUSTER_EXCLUDES(mutex_);
  // `problem`: why it cannot be called; empty: it can; none: as before.
  void Count(const HookHandler& handler, bool is_fault, const std::optional<std::string>& problem)
      MUSTER_EXCLUDES(mutex_);
  nlohmann::json LookupFor(const nlohmann::json& arguments) const;

  HookSettings settings_;
  const HookCatalogue catalogue_;
  const HookLog log_;
  Mutex load_mutex_;  // held while modules are loaded
  Mutex mutex_;
  bool is_made_ MUSTER_GUARDED_BY(mutex_) = false;
  bool is_loaded_ MUSTER_GUARDED_BY(mutex_) = false;
  std::vector<Entry> entries_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster::provision
