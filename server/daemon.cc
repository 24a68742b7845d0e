#include "server/daemon.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/descriptor_limit.h"
#include "common/own_program.h"
#include "server/keeper.h"
#include "server/python_probe.h"
#include "server/service/audit_log.h"
#include "server/service/host_facts.h"
#include "server/service/listener.h"
#include "server/service/node_server.h"

namespace muster::server {
namespace {

constexpr std::size_t kIncarnationBytes = 16;
// After the last execution has ended: for the outcomes to reach their clients.
constexpr std::chrono::milliseconds kLastWords{1000};
// For the spawner to end what it started.
constexpr std::chrono::milliseconds kSpawnerEnd{3000};

void SetUpLog(const std::string& level) {
  auto logger = spdlog::stderr_logger_mt("clusterd");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

std::string NewIncarnation() {
  std::string bytes(kIncarnationBytes, '\0');
  return ::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) ? bytes
                                                                                          : "";
}

// SIGTERM, SIGINT, SIGHUP as a descriptor; blocked before any thread starts.
UniqueFd TakeSignals() {
  sigset_t mask;
  ::sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&mask, signal);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return UniqueFd(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
}

class Daemon {
 public:
  explicit Daemon(const DaemonOptions& options)
      : options_(options),
        signals_(TakeSignals()),
        parent_(options.parent_fd),
        drained_(::eventfd(0, EFD_CLOEXEC)) {
    if (parent_.IsOpen()) ::fcntl(parent_.get(), F_SETFD, FD_CLOEXEC);
  }

  int Run();

 private:
  // Everything after the split of a daemon that serves others.
  int Serve(std::unique_ptr<SpawnerProcess> spawner, Listener listener);
  std::vector<std::string> SpawnerCommand(const std::string& program) const;

  // Why the daemon ends.
  enum class Word { kSignal, kParentGone, kDrained };

  Word Wait(bool for_drain);
  void Drain(Word word);

  const DaemonOptions options_;
  const UniqueFd signals_;
  UniqueFd parent_;         // whoever we live for; none: nobody
  const UniqueFd drained_;  // written when the table is empty
  std::unique_ptr<AuditLog> audit_;
  EventLoop loop_;
  std::unique_ptr<SpawnerClient> spawner_;
  std::unique_ptr<PythonPlaces> places_;
  std::unique_ptr<PoolTable> pools_;
  std::unique_ptr<ExecutionTable> table_;
  std::unique_ptr<SessionTable> sessions_;
  std::unique_ptr<NodeServer> server_;
};

std::vector<std::string> Daemon::SpawnerCommand(const std::string& program) const {
  SpawnerSettings settings;
  settings.switches_users = options_.rules.SwitchesUsers();
  settings.allows_root = options_.rules.AllowsRootJobs();
  const std::set<uid_t> users = options_.rules.Targets();
  settings.users.assign(users.begin(), users.end());
  if (settings.switches_users) {
    if (const auto account = Keeper::NetworkAccount(); account.ok()) {
      settings.network = account->uid;
    }
  }
  settings.hidden = options_.hidden;
  settings.passed_variables = options_.passed_variables;
  std::vector<std::string> command = settings.ToArguments();
  command.insert(command.begin(), program);
  return command;
}

int Daemon::Run() {
  const std::string folder = FolderOf(reinterpret_cast<const void*>(&RunDaemon));
  const std::string program = FindProgram(folder, "clusterd-spawner");
  if (program.empty()) {
    spdlog::error(
        "clusterd-spawner is neither beside clusterd in {} nor in ../libexec/muster; "
        "install Muster again, or set MUSTER_BIN_DIR",
        folder);
    return 1;
  }
  if (!options_.audit_path.empty()) {
    absl::StatusOr<std::unique_ptr<AuditLog>> audit =
        AuditLog::Open(options_.audit_path, options_.name);
    if (!audit.ok()) {
      spdlog::error("{}", std::string(audit.status().message()));
      return kExitConfiguration;
    }
    audit_ = *std::move(audit);
  }
  absl::StatusOr<Listener> listener =
      Listener::Open(options_.socket_path, options_.rules.NamesOthers());
  if (!listener.ok()) {
    spdlog::error("{}", std::string(listener.status().message()));
    return 1;
  }
  if (!options_.control_groups) ::setenv("MUSTER_CGROUPS", "no", 1);  // for spawner and zygote
  if (options_.rules.NamesOthers()) {
    for (const std::string& line : options_.Describe()) spdlog::info("{}", line);
    if (const std::string closed = listener->ClosedFolder(); !closed.empty()) {
      spdlog::warn(
          "whom the configuration names cannot get to the socket: the folder {} is closed to them; "
          "say chmod o+x {}, or listen elsewhere: --listen unix:/run/muster/clusterd.sock",
          closed, closed);
    }
  }
  if (!options_.rules.SwitchesUsers()) {
    // Of the same user's jobs none may look into it.
    ::prctl(PR_SET_DUMPABLE, 0);
    return Serve(std::make_unique<OwnSpawner>(SpawnerCommand(program)), *std::move(listener));
  }
  Keeper keeper(SpawnerCommand(program), signals_.get());
  if (const absl::Status status = keeper.Split(); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return 1;
  }
  if (keeper.IsKeeper()) return keeper.Run();
  listener->Disown();
  absl::StatusOr<Keeper::Network> network = keeper.BecomeNetwork();
  if (!network.ok()) {
    spdlog::error("{}", std::string(network.status().message()));
    return 1;
  }
  parent_ = std::move(network->lifeline);
  return Serve(std::make_unique<KeptSpawner>(std::move(network->keeper)), *std::move(listener));
}

int Daemon::Serve(std::unique_ptr<SpawnerProcess> spawner, Listener listener) {
  PythonProbe python(
      FindProgram(FolderOf(reinterpret_cast<const void*>(&RunDaemon)), "clusterd-worker"),
      MUSTER_PYTHON_LIBRARY, MUSTER_PYTHON_VERSION);
  spawner_ = std::make_unique<SpawnerClient>(
      loop_, std::move(spawner), [](const std::string& line) { spdlog::error("{}", line); });
  if (const absl::Status status = spawner_->Start(); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return 1;
  }
  RaiseDescriptorLimit();  // after the spawner's start: jobs keep the limit that we were given
  places_ = std::make_unique<PythonPlaces>(options_.bounds.admission.workers);
  pools_ = std::make_unique<PoolTable>(loop_, *spawner_, *places_, options_.name);
  const std::vector<Slot> slots = WithBuiltIn(options_.bounds.slots, UsableCores(), MemoryBytes());
  table_ = std::make_unique<ExecutionTable>(loop_, *spawner_, *places_, *pools_,
                                            options_.bounds.admission, slots);
  const NamedSession::Rules rules{options_.bounds.limits, options_.bounds.session_idle};
  sessions_ = std::make_unique<SessionTable>(loop_, *spawner_, rules, options_.name);
  NodeFacts facts;
  facts.name = options_.name;
  facts.name_is_explicit = options_.name_is_explicit;
  facts.incarnation = NewIncarnation();
  facts.python = python.Version();
  facts.os = OsName();
  facts.workers = static_cast<unsigned>(options_.bounds.admission.workers);
  facts.limits = options_.bounds.limits;
  facts.longest = options_.bounds.longest;
  facts.slots = slots;
  server_ = std::make_unique<NodeServer>(loop_, *table_, *pools_, *sessions_, std::move(facts),
                                         options_.rules, audit_.get(), listener.fd(),
                                         options_.bounds.connections);
  loop_.Start();
  server_->Start();
  ::printf("clusterd %s listening on unix:%s\n", options_.name.c_str(),
           options_.socket_path.c_str());
  ::fflush(stdout);

  Drain(Wait(false));
  server_->Shutdown(kLastWords);
  loop_.Stop();  // before the server goes: its thread calls into it
  server_.reset();
  spawner_->Shutdown(kSpawnerEnd);
  if (options_.parent_fd >= 0) {
    // The caller of local() made the folder for its daemons; when it was killed, the last one
    // removes it.
    const std::string path = listener.path();
    { const Listener closed = std::move(listener); }
    ::rmdir(path.substr(0, path.rfind('/')).c_str());
  }
  return 0;
}

Daemon::Word Daemon::Wait(bool for_drain) {
  for (;;) {
    pollfd waiting[3] = {{signals_.get(), POLLIN, 0},
                         {for_drain ? -1 : parent_.get(), POLLIN, 0},
                         {drained_.get(), POLLIN, 0}};
    ::poll(waiting, 3, -1);
    if (waiting[0].revents != 0) {
      signalfd_siginfo info{};
      if (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
        spdlog::info("stopping: got SIG{}", ::sigabbrev_np(static_cast<int>(info.ssi_signo)));
        return Word::kSignal;
      }
    }
    if (waiting[1].revents != 0) return Word::kParentGone;
    if (waiting[2].revents != 0) return Word::kDrained;
  }
}

void Daemon::Drain(Word word) {
  server_->BeginDrain();
  const auto drain = [this](std::optional<std::chrono::milliseconds> grace) {
    loop_.Post([this, grace] {
      const std::string who = absl::StrCat("clusterd ", options_.name, " is shutting down");
      const auto on_empty = [this, left = std::make_shared<int>(3)] {
        if (--*left > 0) return;  // the other tables are not empty yet
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(drained_.get(), &one, sizeof(one));
      };
      table_->Drain(grace, who, on_empty);
      sessions_->Drain(grace, who, on_empty);
      server_->lanes().Drain(grace, who, on_empty);
    });
  };
  constexpr std::chrono::milliseconds kNow{0};
  drain(word == Word::kParentGone ? std::optional(kNow) : std::nullopt);
  while (Wait(true) != Word::kDrained) drain(kNow);
}

}  // namespace

int RunDaemon(const DaemonOptions& options) {
  SetUpLog(options.log_level);
  return Daemon(options).Run();
}

}  // namespace muster::server
