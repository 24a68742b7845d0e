#include "server/service/node_service.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include "common/account.h"
#include "common/version.h"
#include "server/execution/process_usage.h"
#include "server/service/execute_reactor.h"
#include "server/service/host_facts.h"
#include "server/service/interact_reactor.h"
#include "server/service/interact_wire.h"
#include "server/service/wire.h"

namespace muster::server {
namespace {

// How much of a command Describe shows, bytes.
constexpr std::size_t kShownCommandBytes = 256;
// Of how many cells of one lane; a client may have thousands, of a microsecond each.
constexpr std::size_t kShownCells = 1000;

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
    const Caller& caller, bool is_transfer) {
  return InteractReactor::Make(
             loop_, open_calls_,
             [this, caller, is_transfer](const auto& queue, const v1::InteractRequest& first) {
               BeginInteraction(queue, first, caller, is_transfer);
             })
      .get();
}

void NodeService::BeginInteraction(const std::shared_ptr<EventQueue>& queue,
                                   const v1::InteractRequest& first, const Caller& caller,
                                   bool is_transfer) {
  if (!first.has_start()) {
    queue->Reject({grpc::StatusCode::INVALID_ARGUMENT, "the first message has to be start"});
    return;
  }
  std::optional<Terminal> terminal;
  if (first.has_terminal() && is_transfer) {
    queue->Reject({grpc::StatusCode::INVALID_ARGUMENT, "files need no terminal"});
    return;
  }
  if (first.has_terminal()) {
    if (const auto problem = CheckTerminal(first.terminal())) {
      queue->Reject({grpc::StatusCode::INVALID_ARGUMENT, *problem});
      return;
    }
    terminal = ReadTerminal(first.terminal());
  }
  const auto complete = [&](ExecutionRequest& request) {
    request.has_input = true;
    request.terminal = terminal;
    // First, so that the request's own environment goes before it.
    auto& environment = request.launch.environment;
    if (terminal) environment.insert(environment.begin(), absl::StrCat("TERM=", terminal->type));
  };
  Accept(queue, first.start(), caller, complete, is_transfer);
}

void NodeService::Accept(const std::shared_ptr<EventQueue>& queue,
                         const v1::ExecuteRequest& message, const Caller& caller,
                         const std::function<void(ExecutionRequest&)>& complete, bool is_transfer) {
  auto checked = reception_.Check(message, caller, complete, is_transfer);
  if (const auto* rejection = std::get_if<Reception::Rejection>(&checked)) {
    Turn(*queue, *rejection);
    return;
  }
  loop_.Do([this, queue, request = std::move(std::get<ExecutionRequest>(checked))]() mutable {
    Submit(queue, std::move(request));
  });
}

void NodeService::Turn(EventQueue& queue, const Reception::Rejection& rejection) {
  if (const auto* refusal = std::get_if<Refusal>(&rejection)) {
    queue.OnOutcome(Refused(refusal->reason));
  } else {
    queue.Reject(std::get<grpc::Status>(rejection));
  }
}

void NodeService::Submit(const std::shared_ptr<EventQueue>& queue, ExecutionRequest request) {
  if (const auto rejection = reception_.Admit(request)) {
    Turn(*queue, *rejection);
    return;
  }
  v1::ExecuteEvent started;
  started.mutable_started()->set_incarnation(facts_.incarnation);
  queue->Write(std::move(started));
  if (const auto control = reception_.Launch(std::move(request), queue)) queue->Attach(control);
}

std::shared_ptr<ExecutionControl> NodeService::Find(const ExecutionKey& key) const {
  if (auto execution = table_.Find(key)) return execution;
  if (auto command = sessions_.Find(key)) return command;
  return lane_calls_.Find(key);
}

std::optional<ExecutionKey> NodeService::FindOfOthers(const ExecutionKey& key) const {
  const auto is_meant = [&](const ExecutionKey& other) {
    return other.stream_id == key.stream_id && other.sequence == key.sequence;
  };
  for (const auto& [other, execution] : table_.all()) {
    if (is_meant(other)) return other;
  }
  for (const SessionTable::Shown& shown : sessions_.Show()) {
    if (is_meant(shown.key)) return shown.key;
  }
  for (const auto& [other, lane] : lane_calls_.all()) {
    if (other.second == key.stream_id && lane->Find(key.sequence) != nullptr) {
      return ExecutionKey{other.first, key.stream_id, key.sequence};
    }
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
  response.set_load(Load());
  response.set_os(facts_.os);
  for (std::string& address : IpAddresses()) response.add_ip_addresses(std::move(address));
  response.set_python(facts_.python);
  response.set_workers(facts_.workers);
  loop_.Post([this, reactor, &response, caller, usage = request.usage()] {
    response.set_draining(table_.IsDraining());
    ListSlots(response);
    ListRunning(response, *caller, usage);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

void NodeService::ListSlots(v1::DescribeResponse& response) const {
  const std::vector<Slot>& slots = table_.slots().slots();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    v1::Slot& slot = *response.add_slots();
    slot.set_name(slots[i].name);
    slot.set_total(slots[i].total);
    slot.set_free(table_.slots().FreeOf(i));
    slot.set_waiting(table_.slot_queue().AskedOf(i));
  }
}

void NodeService::ListRunning(v1::DescribeResponse& response, const Identity& caller,
                              bool with_usage) const {
  const auto now = EventLoop::Clock::now();
  const auto add = [&](const ExecutionKey& key, const std::string& command,
                       EventLoop::Clock::time_point received) -> v1::RunningExecution& {
    v1::RunningExecution& running = *response.add_running();
    WriteKey(key, *running.mutable_id());
    // Commands may hold what is not for everybody's eyes.
    if (key.caller == caller.uid || caller.role >= Role::kAdmin) running.set_command(command);
    running.set_age_ms(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now - received).count()));
    running.set_user_id(key.caller);
    return running;
  };
  const auto add_state = [&](v1::RunningExecution& running, bool is_queued, bool is_stopping,
                             pid_t supervisor_pid) {
    running.set_queued(is_queued);
    running.set_stopping(is_stopping);
    if (!with_usage || supervisor_pid == 0) return;
    const ProcessUsage usage = UsageBelow(supervisor_pid);
    running.set_cpu_us(static_cast<std::uint64_t>(usage.cpu.count()));
    running.set_memory_bytes(usage.memory_bytes);
    running.set_processes(usage.processes);
  };
  for (const SessionTable::Shown& shown : sessions_.Show()) {
    add_state(add(shown.key, shown.source.substr(0, kShownCommandBytes), shown.received),
              shown.is_queued, shown.is_stopping, shown.supervisor_pid);
  }
  for (const auto& [key, execution] : table_.all()) {
    add_state(add(key, ShownCommand(execution->request().launch), execution->received()),
              execution->IsQueued(), execution->IsStopping(), execution->supervisor_pid());
  }
  for (const auto& [key, lane] : lane_calls_.all()) {
    for (const Lane::Shown& shown : lane->Show(kShownCells)) {
      v1::RunningExecution& running =
          add({key.first, key.second, shown.sequence}, shown.command.substr(0, kShownCommandBytes),
              shown.received);
      add_state(running, shown.is_queued, shown.is_stopping, shown.supervisor_pid);
    }
  }
}

}  // namespace muster::server
