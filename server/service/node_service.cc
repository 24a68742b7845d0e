#include "server/service/node_service.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "common/account.h"
#include "common/version.h"
#include "server/execution/process_usage.h"
#include "server/service/audited_sink.h"
#include "server/service/execute_reactor.h"
#include "server/service/interact_reactor.h"
#include "server/service/interact_wire.h"
#include "server/service/rights_hint.h"
#include "server/service/wire.h"

namespace muster::server {
namespace {

// How much of a command Describe shows, bytes.
constexpr std::size_t kShownCommandBytes = 256;

Outcome Refused(std::string reason) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kRefused;
  outcome.reason = std::move(reason);
  return outcome;
}

unsigned UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::uint64_t MemoryBytes() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? static_cast<std::uint64_t>(info.totalram) * info.mem_unit : 0;
}

std::string ShownCommand(const LaunchRequest& launch) {
  std::string shown = launch.source;
  for (const std::string& argument : launch.arguments) {
    if (!shown.empty()) shown += ' ';
    shown += argument;
    if (shown.size() > kShownCommandBytes) break;
  }
  return shown.substr(0, kShownCommandBytes);
}

}  // namespace

grpc::ServerWriteReactor<v1::ExecuteEvent>* NodeService::Execute(
    const Caller& caller, const v1::ExecuteRequest& message) {
  const std::shared_ptr<ExecuteReactor> reactor = ExecuteReactor::Make(loop_, open_calls_);
  Accept(reactor->queue(), message, caller, [](ExecutionRequest&) {});
  return reactor.get();
}

grpc::ServerBidiReactor<v1::InteractRequest, v1::InteractEvent>* NodeService::Interact(
    const Caller& caller) {
  return InteractReactor::Make(loop_, open_calls_,
                               [this, caller](const auto& queue, const v1::InteractRequest& first) {
                                 BeginInteraction(queue, first, caller);
                               })
      .get();
}

void NodeService::BeginInteraction(const std::shared_ptr<EventQueue>& queue,
                                   const v1::InteractRequest& first, const Caller& caller) {
  if (!first.has_start()) {
    queue->Reject({grpc::StatusCode::INVALID_ARGUMENT, "the first message has to be start"});
    return;
  }
  std::optional<Terminal> terminal;
  if (first.has_terminal()) {
    if (const auto problem = CheckTerminal(first.terminal())) {
      queue->Reject({grpc::StatusCode::INVALID_ARGUMENT, *problem});
      return;
    }
    terminal = ReadTerminal(first.terminal());
  }
  Accept(queue, first.start(), caller, [&](ExecutionRequest& request) {
    request.has_input = true;
    request.terminal = terminal;
    // First, so that the request's own environment goes before it.
    auto& environment = request.launch.environment;
    if (terminal) environment.insert(environment.begin(), absl::StrCat("TERM=", terminal->type));
  });
}

void NodeService::Accept(const std::shared_ptr<EventQueue>& queue,
                         const v1::ExecuteRequest& message, const Caller& caller,
                         const std::function<void(ExecutionRequest&)>& complete) {
  if (!message.incarnation().empty() && message.incarnation() != facts_.incarnation) {
    queue->Reject({grpc::StatusCode::FAILED_PRECONDITION,
                   absl::StrCat("node ", facts_.name, " was restarted; nothing was started")});
    return;
  }
  if (facts_.name_is_explicit && !message.node().empty() && message.node() != facts_.name) {
    queue->OnOutcome(Refused(absl::StrCat("this is ", facts_.name, ", not ", message.node(),
                                          "; correct the address in the configuration")));
    return;
  }
  if (!caller->why_no_jobs.empty()) {
    Deny(*caller, caller->why_no_jobs);
    queue->OnOutcome(Refused(caller->why_no_jobs));
    return;
  }
  auto read = ReadRequest(message, *caller);
  if (const auto* malformed = std::get_if<Malformed>(&read)) {
    queue->Reject({grpc::StatusCode::INVALID_ARGUMENT, malformed->message});
    return;
  }
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    Deny(*caller, refusal->reason);
    queue->OnOutcome(Refused(refusal->reason));
    return;
  }
  auto& request = std::get<ExecutionRequest>(read);
  request.identity = caller;
  request.launch.rights = RightsOf(*caller);
  if (!message.session().empty()) {
    if (const auto problem = CheckSessionUse(message)) {
      queue->OnOutcome(Refused(*problem));
      return;
    }
    request.session = message.session();
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
  // Posted also from the loop itself: gRPC's own thread and an interaction take the same way.
  loop_.Post(
      [this, queue, request = std::move(request)]() mutable { Submit(queue, std::move(request)); });
}

void NodeService::Submit(const std::shared_ptr<EventQueue>& queue, ExecutionRequest request) {
  // Before any refusal: a client whose connection broke asks with its id whether that was started.
  // When the second of the two is refused, the first, should it come later, must not start.
  if (!table_.UseId(request.key)) {
    queue->Reject({grpc::StatusCode::ALREADY_EXISTS,
                   "an execution with this id was started here before; nothing was started now"});
    return;
  }
  // A session's commands wait in the session.
  const std::string why_not = request.session.empty() || table_.IsDraining() ? table_.WhyNot() : "";
  if (!why_not.empty()) {
    queue->OnOutcome(Refused(why_not));
    return;
  }
  if (const std::string why = Record(request); !why.empty()) {
    queue->OnOutcome(Refused(why));
    return;
  }
  std::shared_ptr<ExecutionSink> sink = RightsHint::Wrap(request, queue);
  if (audit_ != nullptr) {
    ExecutionRequest known;
    known.key = request.key;
    known.identity = request.identity;
    sink = std::make_shared<AuditedSink>(*audit_, std::move(known), sink);
  }
  v1::ExecuteEvent started;
  started.mutable_started()->set_incarnation(facts_.incarnation);
  queue->Write(std::move(started));
  if (request.session.empty()) {
    queue->Attach(table_.Submit(std::move(request), sink));
  } else if (const auto command = sessions_.Submit(std::move(request), sink)) {
    queue->Attach(command);
  }
}

void NodeService::Deny(const Identity& caller, const std::string& why) const {
  if (audit_ == nullptr) return;
  // It does not run, recorded or not.
  [[maybe_unused]] const absl::Status status = audit_->Denied(caller, why);
}

std::string NodeService::Record(const ExecutionRequest& request) const {
  if (audit_ == nullptr) return "";
  const absl::Status status = audit_->Begin(request);
  if (status.ok()) return "";
  spdlog::error("nothing is started for {}: {}", request.identity->name,
                std::string(status.message()));
  return absl::StrCat("nothing is started that cannot be recorded: ", status.message());
}

std::shared_ptr<ExecutionControl> NodeService::Find(const ExecutionKey& key) const {
  if (auto execution = table_.Find(key)) return execution;
  return sessions_.Find(key);
}

std::optional<ExecutionKey> NodeService::FindOfOthers(const ExecutionKey& key) const {
  const auto is_meant = [&](const ExecutionKey& other) {
    return other.stream_id == key.stream_id && other.sequence == key.sequence;
  };
  for (const auto& [other, execution] : table_.all()) {
    if (is_meant(other)) return other;
  }
  for (const auto& [other, command] : sessions_.commands()) {
    if (is_meant(other)) return other;
  }
  return std::nullopt;
}

grpc::Status NodeService::Stop(const ExecutionKey& key, const Identity& caller,
                               std::optional<std::chrono::milliseconds> grace,
                               const std::string& who) const {
  std::shared_ptr<ExecutionControl> execution = Find(key);
  if (execution == nullptr) {
    const std::optional<ExecutionKey> other = FindOfOthers(key);
    if (!other) {
      return {grpc::StatusCode::NOT_FOUND, "no execution with this id runs or waits here"};
    }
    if (caller.role < Role::kAdmin) {
      return {grpc::StatusCode::PERMISSION_DENIED,
              absl::StrCat("it is user ", UserName(other->caller),
                           "'s; to stop what others run takes the role admin, and user ",
                           caller.name, " has the role ", RoleName(caller.role), " here")};
    }
    if (audit_ != nullptr) {
      [[maybe_unused]] const absl::Status status = audit_->Stopped(caller, *other);
    }
    execution = Find(*other);
  }
  execution->Stop(StopCause::kCancel, grace, who);
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* NodeService::Cancel(const Caller& caller,
                                              grpc::CallbackServerContext& context,
                                              const v1::CancelRequest& request) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  std::optional<std::chrono::milliseconds> grace;
  if (request.has_grace_ms()) {
    grace = std::chrono::milliseconds(std::min<std::uint64_t>(request.grace_ms(), 86'400'000));
  }
  const std::string who = request.from_elsewhere()
                              ? absl::StrCat("by another program of user ", caller->name)
                              : "by the caller";
  loop_.Post([this, reactor, key = ReadKey(request.id(), caller->uid), caller, grace, who] {
    reactor->Finish(Stop(key, *caller, grace, who));
  });
  return reactor;
}

grpc::ServerUnaryReactor* NodeService::Describe(const Caller& caller,
                                                grpc::CallbackServerContext& context,
                                                const v1::DescribeRequest& request,
                                                v1::DescribeResponse& response) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  response.set_name(facts_.name);
  response.set_name_is_explicit(facts_.name_is_explicit);
  response.set_version(kVersion);
  response.set_incarnation(facts_.incarnation);
  response.set_pid(::getpid());
  response.set_uptime_ms(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::steady_clock::now() - started_)
                                     .count()));
  response.set_cores(UsableCores());
  response.set_memory_bytes(MemoryBytes());
  response.set_python(facts_.python);
  response.set_workers(facts_.workers);
  loop_.Post([this, reactor, &response, caller, usage = request.usage()] {
    response.set_draining(table_.IsDraining());
    ListRunning(response, *caller, usage);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

void NodeService::ListRunning(v1::DescribeResponse& response, const Identity& caller,
                              bool with_usage) const {
  const auto now = EventLoop::Clock::now();
  const auto add = [&](const ExecutionKey& key, const auto& execution) -> v1::RunningExecution& {
    v1::RunningExecution& running = *response.add_running();
    WriteKey(key, *running.mutable_id());
    // Commands may hold what is not for everybody's eyes.
    if (key.caller == caller.uid || caller.role >= Role::kAdmin) {
      running.set_command(ShownCommand(execution->request().launch));
    }
    running.set_age_ms(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now - execution->received())
            .count()));
    running.set_queued(execution->IsQueued());
    running.set_user_id(key.caller);
    running.set_stopping(execution->IsStopping());
    return running;
  };
  for (const auto& [key, command] : sessions_.commands()) add(key, command);
  for (const auto& [key, execution] : table_.all()) {
    v1::RunningExecution& running = add(key, execution);
    if (!with_usage || execution->supervisor_pid() == 0) continue;
    const ProcessUsage usage = UsageBelow(execution->supervisor_pid());
    running.set_cpu_us(static_cast<std::uint64_t>(usage.cpu.count()));
    running.set_memory_bytes(usage.memory_bytes);
    running.set_processes(usage.processes);
  }
}

}  // namespace muster::server
