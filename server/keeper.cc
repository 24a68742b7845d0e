#include "server/keeper.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/account.h"
#include "common/status_macros.h"
#include "server/spawner/fd_passing.h"
#include "server/spawner/job_rights.h"

namespace muster::server {
namespace {

// Questions of the child.
constexpr char kStart = 'S';  // with the spawner's socket; answer: P and its pid, or E and why not
constexpr char kContinue = 'C';  // no answer
constexpr char kTellEnd = 'T';   // answer: how it ended
constexpr std::chrono::seconds kTimeToDie{1};
// For the spawner to end what it started.
constexpr std::chrono::seconds kSpawnerEnd{3};
constexpr int kAnswerMs = 5000;
constexpr int kFailed = 1;

absl::Status Failed(const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", strerror(errno)));
}

}  // namespace

absl::StatusOr<Account> Keeper::NetworkAccount() {
  for (const char* name : {"muster", "nobody"}) {
    const absl::StatusOr<uid_t> uid = FindUser(name);
    if (!uid.ok() || *uid == 0) continue;
    if (const auto account = AccountOf(*uid)) return *account;
  }
  return absl::NotFoundError(
      "clusterd serves others as the user muster, or else nobody, and this machine knows neither; "
      "make one: useradd --system --shell /usr/sbin/nologin muster");
}

absl::Status Keeper::Split() {
  RETURN_IF_ERROR(MakeMessageSockets(socket_, network_.keeper));
  int line[2];
  if (::pipe2(line, O_CLOEXEC) != 0) return Failed("pipe");
  network_.lifeline.Reset(line[0]);
  lifeline_.Reset(line[1]);
  child_ = ::fork();
  if (child_ < 0) return Failed("fork the process that serves");
  if (child_ > 0) {
    network_ = {};
  } else {
    socket_.Reset();
    lifeline_.Reset();
  }
  return absl::OkStatus();
}

absl::StatusOr<Keeper::Network> Keeper::BecomeNetwork() {
  ::setsid();  // the terminal's signals come through the keeper
  ::prctl(PR_SET_NAME, "clusterd-network");
  ASSIGN_OR_RETURN(const Account account, NetworkAccount());
  auto failure = Confine({});
  if (!failure) failure = BecomeUser(account);
  if (failure) {
    return absl::InternalError(
        absl::StrCat("give up root's rights: ", failure->step, ": ", strerror(failure->error)));
  }
  ::prctl(PR_SET_DUMPABLE, 0);
  return std::move(network_);
}

int Keeper::Run() {
  const UniqueFd child(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));
  for (;;) {
    pollfd waiting[3] = {
        {signals_, POLLIN, 0}, {socket_.get(), POLLIN, 0}, {child.get(), POLLIN, 0}};
    ::poll(waiting, 3, -1);
    if (waiting[2].revents != 0) break;
    if (waiting[0].revents != 0) {
      signalfd_siginfo info{};
      if (::read(signals_, &info, sizeof(info)) == sizeof(info)) {
        ::kill(child_, static_cast<int>(info.ssi_signo));
      }
    }
    if ((waiting[1].revents & POLLIN) != 0) {
      Answer();
    } else if (waiting[1].revents != 0) {
      socket_.Reset();  // the child is ending
    }
  }
  int status = 0;
  ::waitpid(child_, &status, 0);
  if (spawner_.pid() > 0 && !spawner_.WaitUntil(std::chrono::steady_clock::now() + kSpawnerEnd)) {
    spawner_.Kill(SIGKILL);
    spawner_.WaitUntil(std::chrono::steady_clock::now() + kTimeToDie);
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  spdlog::error("the process that serves {}", DescribeWaitStatus(status));
  return kFailed;
}

void Keeper::Answer() {
  std::optional<FdMessage> message = ReceiveFdMessage(socket_.get());
  if (!message || message->bytes.empty()) {
    if (message) socket_.Reset();
    return;
  }
  std::string answer;
  switch (message->bytes[0]) {
    case kStart:
      if (message->fds.size() == 1) answer = StartSpawner(message->fds[0]);
      break;
    case kContinue:
      if (spawner_.pid() > 0) ::kill(spawner_.pid(), SIGCONT);
      return;
    case kTellEnd: {
      const std::optional<int> status =
          spawner_.pid() > 0 ? spawner_.WaitUntil(std::chrono::steady_clock::now() + kTimeToDie)
                             : std::nullopt;
      answer = status ? DescribeWaitStatus(*status) : "closed its socket";
      break;
    }
    default:
      return;
  }
  SendFdMessage(socket_.get(), answer, {});
}

std::string Keeper::StartSpawner(const UniqueFd& theirs) {
  if (spawner_.pid() > 0 && !spawner_.WaitUntil(std::chrono::steady_clock::now())) {
    // One that only closed its socket. Two would not know of each other's jobs.
    spawner_.Kill(SIGKILL);
    spawner_.WaitUntil(std::chrono::steady_clock::now() + kTimeToDie);
  }
  absl::StatusOr<ChildProcess> started = server::StartSpawner(spawner_command_, theirs);
  if (!started.ok()) return absl::StrCat("E", started.status().message());
  spawner_ = *std::move(started);
  return absl::StrCat("P", spawner_.pid());
}

std::string KeptSpawner::Ask(const std::string& question, const std::vector<int>& fds) {
  if (!SendFdMessage(keeper_.get(), question, fds)) return "";
  pollfd waiting{keeper_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, kAnswerMs) <= 0) return "";
  const std::optional<FdMessage> answer = ReceiveFdMessage(keeper_.get());
  return answer ? answer->bytes : "";
}

absl::StatusOr<UniqueFd> KeptSpawner::Start() {
  UniqueFd ours;
  UniqueFd theirs;
  RETURN_IF_ERROR(MakeMessageSockets(ours, theirs));
  const std::string answer = Ask(std::string(1, kStart), {theirs.get()});
  if (answer.empty()) {
    return absl::UnavailableError("the process of clusterd that starts others is gone");
  }
  if (answer[0] != 'P' || !absl::SimpleAtoi(answer.substr(1), &pid_)) {
    return absl::UnavailableError(answer.substr(1));
  }
  return ours;
}

void KeptSpawner::Wake() { SendFdMessage(keeper_.get(), std::string(1, kContinue), {}); }

std::string KeptSpawner::TellEnd() {
  const std::string answer = Ask(std::string(1, kTellEnd), {});
  return answer.empty() ? "is gone with the process that started it" : answer;
}

}  // namespace muster::server
