#include "provision/execution_hooks.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "common/status_macros.h"
#include "common/trusted_path.h"
#include "common/variable_name.h"
#include "provision/hooks.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr char kRequest[] = "request";

json RequestOf(const HookedExecution& execution) {
  const ExecuteOptions& options = *execution.options;
  json deadline;
  if (options.deadline) deadline = std::chrono::duration<double>(*options.deadline).count();
  return {{"kind", execution.kind},        {"command", execution.command},
          {"targets", execution.targets},  {"environment", options.environment},
          {"deadline", deadline},          {"session", options.session},
          {"directory", options.directory}};
}

json ArgumentsOf(const HookedExecution& execution) {
  return {{"slurm_cluster_name", execution.cluster},
          {"cluster", execution.cluster},
          {kRequest, RequestOf(execution)}};
}

absl::Status Wrong(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("request.", what));
}

absl::Status CheckTargets(const HookedExecution& execution, const json& targets) {
  if (!targets.is_array() || targets.empty()) {
    return Wrong(
        "targets has to stay a list of names, with one at least; raise Abort to run "
        "nothing");
  }
  std::set<std::string> seen;
  for (const json& target : targets) {
    const std::string name = target.is_string() ? target.get<std::string>() : "";
    if (std::find(execution.nodes.begin(), execution.nodes.end(), name) == execution.nodes.end()) {
      return Wrong(absl::StrCat("targets names ", target.dump(), ", which is no node here"));
    }
    if (!seen.insert(name).second) return Wrong(absl::StrCat("targets names ", name, " twice"));
  }
  return absl::OkStatus();
}

absl::Status CheckCommand(const json& command) {
  if (!command.is_string() || command.get_ref<const std::string&>().empty()) {
    return Wrong("command has to be a text, and not empty");
  }
  if (absl::StrContains(command.get_ref<const std::string&>(), '\0')) {
    return Wrong("command holds a NUL byte");
  }
  return absl::OkStatus();
}

absl::Status CheckDeadline(const json& deadline) {
  constexpr double kMost = 1e9;  // 30 years
  if (deadline.is_null()) return absl::OkStatus();
  if (!deadline.is_number() || !(deadline.get<double>() > 0) || deadline.get<double>() > kMost) {
    return Wrong("deadline has to be seconds, above 0 and at most 1e9, or None");
  }
  return absl::OkStatus();
}

absl::Status CheckEnvironment(const json& environment) {
  if (!environment.is_object()) return Wrong("environment has to be an object of texts");
  for (const auto& [name, value] : environment.items()) {
    if (!IsVariableName(name)) {
      return Wrong(absl::StrCat("environment: \"", name, "\" cannot be a variable"));
    }
    if (!value.is_string() || absl::StrContains(value.get_ref<const std::string&>(), '\0')) {
      return Wrong(absl::StrCat("environment.", name, " has to be a text"));
    }
  }
  return absl::OkStatus();
}

absl::Status Check(const HookedExecution& execution, const json& before, const json& after) {
  if (!after.is_object()) return absl::InvalidArgumentError("request has to stay an object");
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key)) {
      return Wrong(absl::StrCat(key,
                                " is not known; it has: command, targets, environment, "
                                "deadline, and to look at kind, session, directory"));
    }
  }
  for (const auto& [key, value] : before.items()) {
    if (!after.contains(key)) return Wrong(absl::StrCat(key, " was removed, and has to stay"));
    const bool is_fixed = key == "kind" || key == "session" || key == "directory" ||
                          (key == "command" && execution.has_fixed_command) ||
                          (key == "targets" && execution.nodes.empty());
    if (is_fixed && after[key] != value) return Wrong(absl::StrCat(key, " cannot change here"));
  }
  RETURN_IF_ERROR(CheckCommand(after["command"]));
  if (after["targets"] != before["targets"]) {
    RETURN_IF_ERROR(CheckTargets(execution, after["targets"]));
  }
  RETURN_IF_ERROR(CheckDeadline(after["deadline"]));
  return CheckEnvironment(after["environment"]);
}

// Only what changed: a command need not be text that JSON can hold.
void Take(const json& before, const json& after, HookedExecution& execution) {
  if (after["command"] != before["command"]) {
    execution.command = after["command"].get<std::string>();
  }
  if (after["targets"] != before["targets"]) {
    execution.targets = after["targets"].get<std::vector<std::string>>();
  }
  if (after["environment"] != before["environment"]) {
    execution.options->environment = after["environment"].get<std::map<std::string, std::string>>();
  }
  if (after["deadline"] == before["deadline"]) return;
  execution.options->deadline.reset();
  if (after["deadline"].is_null()) return;
  execution.options->deadline = std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>(after["deadline"].get<double>()));
}

json OutcomeOf(const Outcome& outcome) {
  json told = {{"node", outcome.node},
               {"ok", outcome.ok()},
               {"outcome", word(outcome.kind)},
               {"text", outcome.describe()},
               {"exit_code", json()},
               {"signal", json()},
               {"seconds", std::chrono::duration<double>(outcome.usage.wall).count()}};
  const bool has_code =
      outcome.kind == Outcome::Kind::kOk || outcome.kind == Outcome::Kind::kFailed;
  if (has_code) told["exit_code"] = outcome.exit_code;
  if (outcome.kind == Outcome::Kind::kSignalled) told["signal"] = outcome.signal;
  return told;
}

}  // namespace

std::string KindForHooks(const Command& command) {
  switch (command.kind) {
    case Command::Kind::kPython:
      return "python";
    case Command::Kind::kShell:
      return "shell";
    case Command::Kind::kArgv:
      break;
  }
  return "argv";
}

std::string CommandForHooks(const Command& command) {
  if (command.kind != Command::Kind::kArgv) return command.source;
  return absl::StrJoin(command.arguments, " ", [](std::string* out, const std::string& word) {
    out->append(QuotedForShell(word));
  });
}

absl::Status BeforeExecution(HookedExecution& execution, const std::function<bool()>& gives_up) {
  const std::shared_ptr<Hooks> hooks = Hooks::Get();
  if (hooks == nullptr || !hooks->Has(HookEvent::kPreExecute)) return absl::OkStatus();
  json arguments = ArgumentsOf(execution);
  // As hooks have it, with nothing that JSON cannot hold.
  arguments = json::parse(arguments.dump(-1, ' ', false, json::error_handler_t::replace));
  const json before = arguments[kRequest];
  Hooks::Request request;
  request.event = HookEvent::kPreExecute;
  request.changes = {kRequest};
  request.check = [&execution](const json& was, json& is) {
    return Check(execution, was[kRequest], is[kRequest]);
  };
  request.gives_up = gives_up;
  RETURN_IF_ERROR(hooks->Fire(request, arguments));
  Take(before, arguments[kRequest], execution);
  return absl::OkStatus();
}

void AfterExecution(const HookedExecution& execution, const std::vector<Outcome>& outcomes) {
  const std::shared_ptr<Hooks> hooks = Hooks::Get();
  if (hooks == nullptr || !hooks->Has(HookEvent::kPostExecute)) return;
  json arguments = ArgumentsOf(execution);
  arguments["outcomes"] = json::array();
  for (const Outcome& outcome : outcomes) arguments["outcomes"].push_back(OutcomeOf(outcome));
  Hooks::Request request;
  request.event = HookEvent::kPostExecute;
  hooks->Fire(request, arguments).IgnoreError();  // a veto is too late
}

}  // namespace muster::provision
