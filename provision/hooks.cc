#include "provision/hooks.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "common/nearest.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "provision/broken_hook.h"
#include "provision/hook_process.h"
#include "provision/hook_program.h"
#include "provision/node_pool.h"
#include "provision/python_host.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr std::size_t kLoadsAtOnce = 8;

struct Shared {
  Mutex mutex;
  std::shared_ptr<Hooks> hooks MUSTER_GUARDED_BY(mutex);
};

Shared& OfProcess() {
  static auto* const shared = new Shared;
  return *shared;
}

constexpr double kMostSeconds = 24 * 3600;

// A number among the settings of a hook; none: it is not there, or is none.
std::optional<double> NumberOf(const json& settings, const char* key) {
  const auto found = settings.find(key);
  if (found == settings.end()) return std::nullopt;
  if (found->is_number()) return found->get<double>();
  if (!found->is_string()) return std::nullopt;
  const json read = json::parse(found->get<std::string>(), nullptr, false);
  return read.is_number() ? std::optional<double>(read.get<double>()) : std::nullopt;
}

// Of this hook: a number of seconds, or a text as `500ms`.
std::optional<std::chrono::milliseconds> TimeoutOf(const json& settings) {
  const auto found = settings.find("timeout");
  if (found != settings.end() && found->is_string()) {
    const auto told = ParseDuration(found->get<std::string>());
    return told.ok() && told->count() > 0 ? std::optional(*told) : std::nullopt;
  }
  const std::optional<double> seconds = NumberOf(settings, "timeout");
  if (!seconds || !(*seconds > 0)) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>(std::min(*seconds, kMostSeconds)));
}

json SettingsOf(const HookSettings& settings, const std::string& name) {
  const auto found = settings.enabled.settings.find(name);
  if (found == settings.enabled.settings.end()) return json::object();
  return json::parse(found->second);
}

}  // namespace

std::shared_ptr<Hooks> Hooks::Get() {
  const MutexLock lock(OfProcess().mutex);
  return OfProcess().hooks;
}

void Hooks::Set(std::shared_ptr<Hooks> hooks) {
  const MutexLock lock(OfProcess().mutex);
  OfProcess().hooks = std::move(hooks);
}

Hooks::Hooks(HookSettings settings, HookCatalogue catalogue)
    : settings_(std::move(settings)), catalogue_(std::move(catalogue)) {}

absl::StatusOr<std::shared_ptr<Hooks>> Hooks::Open(HookSettings settings) {
  const std::string folder = PythonHost::ModuleFolder();
  HookCatalogue catalogue =
      FindHooks(settings, folder.empty() ? "" : folder + "/slurm_gcp_plugins");
  std::vector<std::string> names;
  for (const HookFile& file : catalogue.modules) names.push_back(file.name);
  for (const std::string& name : settings.enabled.names) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string why = absl::StrCat(
        settings.origin, ": there is no hook ", name, " in ", absl::StrJoin(settings.folders, ", "),
        names.empty() ? "" : "; there are: ", absl::StrJoin(names, ", "), DidYouMean(name, names));
    for (const std::string& complaint : catalogue.complaints)
      absl::StrAppend(&why, "; ", complaint);
    return absl::InvalidArgumentError(why);
  }
  std::shared_ptr<Hooks> hooks(new Hooks(std::move(settings), std::move(catalogue)));
  RETURN_IF_ERROR(hooks->CheckRequired());
  return hooks;
}

// One that has to say yes has to be there.
absl::Status Hooks::CheckRequired() const {
  std::vector<std::string> there;
  for (const HookFile& file : catalogue_.modules) {
    if (IsActive(file)) there.push_back(file.name);
  }
  for (const HookFile& file : catalogue_.programs) {
    if (settings_.runs_programs) there.push_back(file.name);
  }
  std::vector<std::string> wanted = settings_.required;
  for (const auto& [name, own] : settings_.enabled.settings) {
    if (!settings_.RequiredBy(name).empty()) wanted.push_back(name);
  }
  for (const std::string& name : wanted) {
    const std::string setting = settings_.RequiredBy(name);
    if (setting.empty() || std::find(there.begin(), there.end(), name) != there.end()) continue;
    std::string why = absl::StrCat(
        "the hook ", name, " is required (", setting, "), and no such hook is switched on in ",
        settings_.origin, "; put it there, or take the setting away", DidYouMean(name, there));
    for (const std::string& complaint : catalogue_.complaints) {
      absl::StrAppend(&why, "; ", complaint);
    }
    return absl::InvalidArgumentError(why);
  }
  return absl::OkStatus();
}

bool Hooks::IsActive(const HookFile& module) const {
  const std::vector<std::string>& names = settings_.enabled.names;
  return settings_.enabled.all || std::find(names.begin(), names.end(), module.name) != names.end();
}

void Hooks::MakeHandlers() {
  if (is_made_) return;
  is_made_ = true;
  for (const HookFile& file : catalogue_.modules) {
    if (!IsActive(file)) continue;
    if (!file.problem.empty()) {
      AddBroken(file);
    } else {
      const json settings = SettingsOf(settings_, file.name);
      HookProcess::Order order;
      order.name = file.name;
      order.path = file.path;
      order.memory_bytes = settings_.memory_bytes;
      order.priority = NumberOf(settings, "priority");
      order.traces = settings_.traces;
      order.timeout = TimeoutOf(settings).value_or(settings_.timeout);
      order.is_required = !settings_.RequiredBy(file.name).empty();
      entries_.push_back({file, std::make_shared<HookProcess>(std::move(order), log_), ""});
    }
  }
  if (settings_.requires_all) {  // what lies in a folder that is left out nobody knows
    for (const std::string& complaint : catalogue_.complaints) {
      HookFile folder;
      folder.name = "folder";
      folder.problem = complaint;
      entries_.push_back({folder, std::make_shared<BrokenHook>(folder), complaint});
    }
  }
  if (!settings_.runs_programs) return;
  for (const HookFile& file : catalogue_.programs) {
    if (!file.problem.empty()) {
      AddBroken(file);
    } else {
      entries_.push_back({file, std::make_shared<HookProgram>(file, settings_.timeout, log_), ""});
    }
  }
}

void Hooks::AddBroken(const HookFile& file) {
  Entry entry{file, nullptr, file.problem};
  if (!settings_.RequiredBy(file.name).empty()) entry.handler = std::make_shared<BrokenHook>(file);
  entries_.push_back(std::move(entry));
}

void Hooks::Load() {
  const MutexLock turn(load_mutex_);
  std::vector<std::shared_ptr<HookProcess>> modules;
  {
    const MutexLock lock(mutex_);
    if (is_loaded_) return;
    MakeHandlers();
    for (const Entry& entry : entries_) {
      if (!entry.problem.empty()) log_.Tell(entry.file.name, "error", "left out: " + entry.problem);
      if (auto module = std::dynamic_pointer_cast<HookProcess>(entry.handler)) {
        modules.push_back(std::move(module));
      }
    }
  }
  for (const std::string& complaint : catalogue_.complaints) {
    log_.Tell("folder", "error", complaint);
  }
  TellIdleSettings();
  ForEachBounded(
      modules.size(), kLoadsAtOnce,
      [&](std::size_t i) {
        const absl::Status loaded = modules[i]->Load({});
        if (loaded.ok()) return;
        const std::string why(loaded.message());
        const bool is_required = !settings_.RequiredBy(modules[i]->name()).empty();
        log_.Tell(
            modules[i]->name(), "error",
            absl::StrCat(is_required ? "required, and cannot be loaded: " : "disabled: ", why));
        Count(*modules[i], true, why);
      },
      nullptr);
  const MutexLock lock(mutex_);
  is_loaded_ = true;
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    const double first = a.handler ? a.handler->priority() : 0;
    const double second = b.handler ? b.handler->priority() : 0;
    return std::tie(first, a.file.name) < std::tie(second, b.file.name);
  });
}

// Settings of hooks that are not there: a name was mistyped.
void Hooks::TellIdleSettings() const {
  std::vector<std::string> names;
  for (const HookFile& file : catalogue_.modules) names.push_back(file.name);
  for (const HookFile& file : catalogue_.programs) names.push_back(file.name);
  std::set<std::string> given;
  for (const auto& [name, settings] : settings_.enabled.settings) given.insert(name);
  for (const auto& [key, value] : settings_.request) given.insert(key.substr(0, key.find('.')));
  for (const std::string& name : given) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    log_.Tell(name, "warning",
              absl::StrCat("it has settings, and there is no such hook", DidYouMean(name, names)));
  }
}

void Hooks::Count(const HookHandler& handler, bool is_fault,
                  const std::optional<std::string>& problem) {
  const MutexLock lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.handler.get() != &handler) continue;
    ++entry.calls;
    if (is_fault) ++entry.faults;
    if (problem) entry.problem = *problem;
  }
}

std::vector<std::shared_ptr<HookHandler>> Hooks::HandlersOf(HookEvent event) {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<HookHandler>> handlers;
  for (const Entry& entry : entries_) {
    if (entry.handler && entry.handler->Has(event)) handlers.push_back(entry.handler);
  }
  return handlers;
}

bool Hooks::Has(HookEvent event) {
  Load();
  return !HandlersOf(event).empty();
}

json Hooks::LookupFor(const json& arguments) const {
  json cfg = json::parse(settings_.config);
  json enabled = json::object();
  for (const HookFile& file : catalogue_.modules) {
    if (IsActive(file)) enabled[file.name] = SettingsOf(settings_, file.name);
  }
  cfg["enable_slurm_gcp_plugins"] = enabled;
  for (const char* key : {"slurm_cluster_name", "project"}) {
    const auto given = arguments.find(key);
    if (given != arguments.end() && !cfg.contains(key)) cfg[key] = *given;
  }
  return {{"cfg", cfg}, {"request", settings_.request}};
}

absl::Status Hooks::Fire(const Request& request, json& arguments) {
  Load();
  const std::vector<std::shared_ptr<HookHandler>> handlers = HandlersOf(request.event);
  if (handlers.empty()) return absl::OkStatus();
  arguments["lkp"] = LookupFor(arguments);
  for (const auto& handler : handlers) RETURN_IF_ERROR(CallOne(*handler, request, arguments));
  return absl::OkStatus();
}

absl::Status Hooks::CallOne(HookHandler& handler, const Request& request, json& arguments) {
  const auto begun = std::chrono::steady_clock::now();
  const std::string title = handler.Title(request.event);
  HookCall call{request.event, &arguments, request.node_lists, request.changes, request.gives_up};
  absl::StatusOr<json> changed = handler.Call(call);
  if (changed.ok()) {
    json before = json::object();
    json after = json::object();
    for (const std::string& key : request.changes) {
      before[key] = arguments[key];
      after[key] = changed->contains(key) ? (*changed)[key] : arguments[key];
    }
    absl::Status taken;
    if (before != after && request.check) taken = request.check(before, after);
    if (taken.ok()) {
      for (const std::string& key : request.changes) arguments[key] = after[key];
    } else {
      changed = taken;
    }
  }
  if (absl::IsCancelled(changed.status()) && request.gives_up && request.gives_up()) {
    return absl::CancelledError(absl::StrCat("it was interrupted while the hook ", title, " ran"));
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (settings_.traces) {
    log_.Tell(handler.name(), "trace",
              absl::StrFormat("%s took %.1f ms%s", title, seconds * 1000,
                              changed.ok() ? "" : ", and did not end well"));
  }
  if (absl::IsAborted(changed.status())) {
    const std::string why(changed.status().message());
    log_.Keep(handler.name(), "warning", absl::StrCat(title, " said no: ", why));
    Count(handler, false, "");
    return absl::AbortedError(absl::StrCat("the hook ", title, " said no: ", why));
  }
  if (!changed.ok()) return Judge(handler, request.event, changed.status());
  if (request.on_result && changed->contains("result")) {
    request.on_result(handler.name(), (*changed)["result"]);
  }
  Count(handler, false, "");
  return absl::OkStatus();
}

// What becomes of a step before or after which a hook went wrong.
absl::Status Hooks::Judge(HookHandler& handler, HookEvent event, const absl::Status& fault) {
  const std::string title = handler.Title(event);
  const std::string why(fault.message());
  Count(handler, !absl::IsCancelled(fault), std::nullopt);
  const std::string setting = MayVeto(event) ? settings_.RequiredBy(handler.name()) : "";
  if (setting.empty()) {
    log_.Tell(handler.name(), "error", absl::StrCat(title, ": ", why, "; its changes are dropped"));
    return absl::OkStatus();
  }
  log_.Keep(handler.name(), "error", absl::StrCat(title, ", which is required: ", why));
  return absl::AbortedError(absl::StrCat("the hook ", title, " is required (", setting,
                                         "), and went wrong: ", why,
                                         "; mend it, or take the setting away"));
}

std::vector<HookView> Hooks::List() {
  Load();
  std::vector<HookView> views;
  const MutexLock lock(mutex_);
  for (const Entry& entry : entries_) {
    HookView view;
    view.name = entry.file.name;
    view.path = entry.file.path;
    view.is_module = !entry.file.is_program;
    view.is_active = entry.problem.empty();
    view.is_required = !settings_.RequiredBy(view.name).empty();
    view.problem = entry.problem;
    view.calls = entry.calls;
    view.faults = entry.faults;
    if (entry.handler) {
      view.priority = entry.handler->priority();
      for (const HookEvent event : HookEvents()) {
        if (entry.handler->Has(event)) view.events.push_back(NameOf(event));
      }
      const auto module = std::dynamic_pointer_cast<HookProcess>(entry.handler);
      if (module != nullptr) view.hints = module->hints();
    }
    const json settings = SettingsOf(settings_, view.name);
    if (!settings.empty()) view.settings = settings.dump();
    views.push_back(std::move(view));
  }
  for (const HookFile& file : catalogue_.modules) {
    if (IsActive(file)) continue;
    HookView view;
    view.name = file.name;
    view.path = file.path;
    view.problem = file.problem;
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace muster::provision
