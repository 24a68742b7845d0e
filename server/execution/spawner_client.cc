#include "server/execution/spawner_client.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "common/status_macros.h"

namespace muster::server {
namespace {

constexpr int kSpawnerSocketFd = 3;
// A spawner that ends sooner would end again: then the next execution has to try.
constexpr std::chrono::seconds kLongEnough{1};

absl::Status MakeSocketPair(UniqueFd& ours, UniqueFd& theirs) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("socketpair: ", strerror(errno)));
  }
  ours.Reset(fds[0]);
  theirs.Reset(fds[1]);
  return absl::OkStatus();
}

}  // namespace

SpawnerClient::SpawnerClient(EventLoop& loop, std::string program,
                             std::function<void(const std::string&)> log)
    : loop_(loop), program_(std::move(program)), log_(std::move(log)) {}

SpawnerClient::~SpawnerClient() { Shutdown(std::chrono::seconds(0)); }

absl::Status SpawnerClient::Start() {
  UniqueFd ours;
  UniqueFd theirs;
  RETURN_IF_ERROR(MakeSocketPair(ours, theirs));
  ChildProcess::Options options;
  options.argv = {program_};
  options.fds = {{theirs.get(), kSpawnerSocketFd}};
  options.new_session = true;
  started_ = EventLoop::Clock::now();
  ASSIGN_OR_RETURN(process_, ChildProcess::Start(options));
  spawner_ = std::make_unique<SpawnLink>(
      loop_, std::move(ours), [](const std::string&) {}, [this] { EndSpawner(); });
  return absl::OkStatus();
}

void SpawnerClient::EndSpawner() {
  const std::optional<int> status =
      process_.WaitUntil(EventLoop::Clock::now() + std::chrono::seconds(1));
  log_(absl::StrCat("clusterd-spawner ", process_.pid(), " ",
                    status ? DescribeWaitStatus(*status) : "closed its socket",
                    "; a new one is started"));
  // It may be its own handler that runs here: it goes when the loop is back. The zygote ends with
  // it.
  loop_.Post([ended = std::shared_ptr<SpawnLink>(std::move(spawner_)),
              zygote = std::shared_ptr<SpawnLink>(std::move(zygote_))] {});
  if (EventLoop::Clock::now() - started_ > kLongEnough) loop_.Post([this] { StartAgain(); });
}

// Not only for the next execution: a new spawner ends what the control groups of the dead one still
// hold, also when its supervisors were killed with it.
void SpawnerClient::StartAgain() {
  if (spawner_ != nullptr) return;  // an execution was faster
  if (const absl::Status status = Start(); !status.ok()) log_(std::string(status.message()));
}

absl::Status SpawnerClient::StartZygote() {
  UniqueFd ours;
  std::vector<UniqueFd> theirs(1);
  RETURN_IF_ERROR(MakeSocketPair(ours, theirs[0]));
  if (spawner_ == nullptr || !spawner_->Send(SpawnCommand::kStartZygote, theirs)) {
    return absl::UnavailableError("clusterd-spawner is gone");
  }
  zygote_ready_ = false;
  python_error_.clear();
  zygote_ = std::make_unique<SpawnLink>(
      loop_, std::move(ours),
      [this](const std::string& message) {
        zygote_ready_ = message[0] == 'R';
        if (!zygote_ready_) python_error_ = message.substr(1);
      },
      [this] { EndZygote(); });
  return absl::OkStatus();
}

void SpawnerClient::EndZygote() {
  if (!zygote_ready_ && python_error_.empty()) {
    python_error_ =
        "clusterd-worker does not start: is it installed beside clusterd-spawner, and is "
        "libpython3.11 there?";
  }
  log_(absl::StrCat("the zygote (clusterd-worker) ended",
                    python_error_.empty() ? "" : ": " + python_error_,
                    "; a new one is started for the next Python execution"));
  loop_.Post([ended = std::shared_ptr<SpawnLink>(std::move(zygote_))] {});
}

absl::Status SpawnerClient::Supervise(bool python, bool has_input, std::vector<UniqueFd> fds) {
  const SpawnCommand command =
      has_input ? SpawnCommand::kSuperviseWithInput : SpawnCommand::kSupervise;
  // Twice, because what died is found out by sending to it; nobody got the first one then.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (spawner_ == nullptr) RETURN_IF_ERROR(Start());
    if (python && zygote_ == nullptr && !StartZygote().ok()) {
      if (spawner_ != nullptr) EndSpawner();
      continue;
    }
    SpawnLink& link = python ? *zygote_ : *spawner_;
    if (link.Send(command, fds)) return absl::OkStatus();
    if (python) {
      EndZygote();
    } else {
      EndSpawner();
    }
  }
  return absl::UnavailableError("start clusterd-spawner, which ends at once; see clusterd's log");
}

void SpawnerClient::Wake() const {
  if (spawner_ != nullptr) ::kill(process_.pid(), SIGCONT);
}

void SpawnerClient::Shutdown(std::chrono::milliseconds time) {
  zygote_.reset();
  spawner_.reset();
  if (!process_.WaitUntil(EventLoop::Clock::now() + time)) {
    process_.Kill(SIGKILL);
    process_.WaitUntil(EventLoop::Clock::now() + std::chrono::seconds(1));
  }
}

}  // namespace muster::server
