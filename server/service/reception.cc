#include "server/service/reception.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/execution/spawner_client.h"
#include "server/service/audited_sink.h"
#include "server/service/interact_wire.h"
#include "server/service/rights_hint.h"

namespace muster::server {

Outcome Refused(std::string reason) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kRefused;
  outcome.reason = std::move(reason);
  return outcome;
}

std::optional<Reception::Rejection> Reception::CheckAddress(const std::string& incarnation,
                                                            const std::string& node) const {
  if (!incarnation.empty() && incarnation != facts_.incarnation) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                        absl::StrCat("node ", facts_.name, " was restarted; nothing was started"));
  }
  if (facts_.name_is_explicit && !node.empty() && node != facts_.name) {
    return Refusal{absl::StrCat("this is ", facts_.name, ", not ", node,
                                "; correct the address in the configuration")};
  }
  return std::nullopt;
}

std::variant<ExecutionRequest, Reception::Rejection> Reception::Check(
    const v1::ExecuteRequest& message, const Caller& caller,
    const std::function<void(ExecutionRequest&)>& complete, bool is_transfer) const {
  if (message.has_files() != is_transfer) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                        "files are what Transfer is for, and nothing else is");
  }
  if (auto rejection = CheckAddress(message.incarnation(), message.node())) return *rejection;
  if (!caller->why_no_jobs.empty()) {
    Deny(*caller, caller->why_no_jobs);
    return Refusal{caller->why_no_jobs};
  }
  auto read = ReadRequest(message, *caller);
  if (const auto* malformed = std::get_if<Malformed>(&read)) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, malformed->message);
  }
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    Deny(*caller, refusal->reason);
    return *refusal;
  }
  auto& request = std::get<ExecutionRequest>(read);
  request.identity = caller;
  request.launch.rights = RightsOf(*caller);
  if (message.resources_size() > 0) {
    if (const auto problem = ReadResources(message, facts_.slots, request)) {
      Deny(*caller, *problem);
      return Refusal{*problem};
    }
  }
  if (!message.session().empty()) {
    if (const auto problem = CheckSessionUse(message)) return Refusal{*problem};
    request.session = message.session();
    request.size = std::max<std::uint32_t>(message.size(), 1);
    request.rank = message.rank();
  }
  complete(request);
  request.launch.limits = Smaller(request.launch.limits, facts_.limits);
  request.launch.deadline = SmallerOf(request.launch.deadline, facts_.longest);
  request.launch.environment.push_back(absl::StrCat("MUSTER_NODE=", facts_.name));
  request.launch.environment.push_back(
      absl::StrCat("MUSTER_EXECUTION=", absl::BytesToHexString(request.key.stream_id), "-",
                   request.key.sequence));
  request.launch.environment.push_back(
      absl::StrCat("MUSTER_SIZE=", std::max<std::uint32_t>(message.size(), 1)));
  request.launch.environment.push_back(absl::StrCat("MUSTER_RANK=", message.rank()));
  return std::move(request);
}

std::optional<Reception::Rejection> Reception::Admit(const ExecutionRequest& request) {
  // Before any refusal: a client whose connection broke asks with its id whether that was started.
  // When the second of the two is refused, the first, should it come later, must not start.
  if (!table_.UseId(request.key)) {
    return grpc::Status(
        grpc::StatusCode::ALREADY_EXISTS,
        "an execution with this id was started here before; nothing was started now");
  }
  // A session's commands wait in the session.
  const std::string why_not = request.session.empty() || table_.IsDraining() ? table_.WhyNot() : "";
  if (!why_not.empty()) return Refusal{why_not};
  if (const std::string why = Record(request); !why.empty()) return Refusal{why};
  return std::nullopt;
}

std::shared_ptr<ExecutionControl> Reception::Launch(ExecutionRequest request,
                                                    const std::shared_ptr<ExecutionSink>& sink) {
  std::shared_ptr<ExecutionSink> told = RightsHint::Wrap(request, sink);
  if (audit_ != nullptr) {
    ExecutionRequest known;
    known.key = request.key;
    known.identity = request.identity;
    told = std::make_shared<AuditedSink>(*audit_, std::move(known), told);
  }
  if (request.session.empty()) return table_.Submit(std::move(request), told);
  return sessions_.Submit(std::move(request), told);
}

void Reception::Deny(const Identity& caller, const std::string& why) const {
  if (audit_ == nullptr) return;
  // It does not run, recorded or not.
  [[maybe_unused]] const absl::Status status = audit_->Denied(caller, why);
}

std::string Reception::Record(const ExecutionRequest& request) const {
  if (audit_ == nullptr) return "";
  const absl::Status status = audit_->Begin(request);
  if (status.ok()) return "";
  spdlog::error("nothing is started for {}: {}", request.identity->name,
                std::string(status.message()));
  return absl::StrCat("nothing is started that cannot be recorded: ", status.message());
}

}  // namespace muster::server
