#include "server/execution/spawner_client.h"

#include <absl/strings/str_cat.h>
#include <sys/stat.h>

#include <utility>

#include "common/escape.h"
#include "common/status_macros.h"

namespace muster::server {
namespace {
// A spawner that ends sooner would end again: then the next execution has to try.
constexpr std::chrono::seconds kLongEnough{1};
// Whoever waits for somebody who was stopped asks again, every 2 s.
constexpr std::chrono::milliseconds kBetweenWakes{500};
// Of what a zygote says of its end, bytes.
constexpr std::size_t kShownWords = 512;

// A job of another user opens its own pipes by name, too: /dev/stderr, /dev/fd/0. They belong to
// us, and the only way to them is by the descriptors of those who hold them.
void OpenToJobs(const std::vector<UniqueFd>& fds) {
  for (const UniqueFd& fd : fds) {
    struct stat info {};
    if (::fstat(fd.get(), &info) == 0 && S_ISFIFO(info.st_mode)) ::fchmod(fd.get(), 0666);
  }
}

}  // namespace

JobRights RightsOf(const Identity& identity) {
  return {identity.target, !identity.may_gain_rights};
}

SpawnerClient::SpawnerClient(EventLoop& loop, std::unique_ptr<SpawnerProcess> process,
                             std::function<void(const std::string&)> log)
    : loop_(loop), process_(std::move(process)), log_(std::move(log)) {}

SpawnerClient::~SpawnerClient() { Shutdown(std::chrono::seconds(0)); }

absl::Status SpawnerClient::Start() {
  started_ = EventLoop::Clock::now();
  ASSIGN_OR_RETURN(UniqueFd ours, process_->Start());
  spawner_ = std::make_unique<SpawnLink>(
      loop_, std::move(ours), [](const std::string&) {}, [this] { EndSpawner(); });
  return absl::OkStatus();
}

void SpawnerClient::EndSpawner() {
  log_(absl::StrCat("clusterd-spawner ", process_->pid(), " ", process_->TellEnd(),
                    "; a new one is started"));
  // It may be its own handler that runs here: it goes when the loop is back. The zygotes end with
  // it.
  auto ended = std::make_shared<std::vector<std::unique_ptr<SpawnLink>>>();
  ended->push_back(std::move(spawner_));
  for (auto& [identity, zygote] : zygotes_) ended->push_back(std::move(zygote.link));
  // Their ends may still be on their way through the loop; the next ones stand in their place then.
  for (const auto& link : *ended) {
    if (link != nullptr) link->Disown();
  }
  loop_.Post([ended] {});
  if (EventLoop::Clock::now() - started_ > kLongEnough) loop_.Post([this] { StartAgain(); });
}

// Not only for the next execution: a new spawner ends what the control groups of the dead one still
// hold, also when its supervisors were killed with it.
void SpawnerClient::StartAgain() {
  if (spawner_ != nullptr) return;  // an execution was faster
  if (const absl::Status status = Start(); !status.ok()) log_(std::string(status.message()));
}

absl::Status SpawnerClient::StartZygote(const Identity& identity, Zygote& zygote) {
  UniqueFd ours;
  std::vector<UniqueFd> theirs(1);
  RETURN_IF_ERROR(MakeMessageSockets(ours, theirs[0]));
  ZygoteRequest request;
  request.rights = RightsOf(identity);
  request.environment_folder = identity.python.folder;
  request.user_site = identity.python.user_site;
  if (spawner_ == nullptr ||
      !spawner_->Send(SpawnCommand::kStartZygote, request.Encode(), theirs)) {
    return absl::UnavailableError("clusterd-spawner is gone");
  }
  zygote.is_ready = zygote.is_leaving = false;
  zygote.error.clear();
  zygote.link = std::make_unique<SpawnLink>(
      loop_, std::move(ours),
      [&zygote](const std::string& message) {
        zygote.is_leaving = message[0] == SpawnLoop::kLeaves;
        if (zygote.is_leaving) return;
        zygote.is_ready = message[0] == 'R';
        // It may be its user's own code that speaks.
        if (!zygote.is_ready) zygote.error = EscapeControls(message.substr(1, kShownWords));
      },
      [this, identity, &zygote] { EndZygote(identity, zygote); });
  return absl::OkStatus();
}

void SpawnerClient::EndZygote(const Identity& identity, Zygote& zygote) {
  if (!zygote.is_ready && zygote.error.empty()) {
    zygote.error =
        "clusterd-worker does not start: is it installed beside clusterd-spawner, and is "
        "libpython3.11 there?";
  }
  if (!zygote.is_leaving) {
    log_(absl::StrCat("the zygote (clusterd-worker) of ", identity.name, " ended",
                      zygote.error.empty() ? "" : ": " + zygote.error,
                      "; a new one is started for the next Python execution"));
  }
  zygote.link->Disown();
  const std::shared_ptr<SpawnLink> ended = std::move(zygote.link);
  loop_.Post([ended] {});
  if (!zygote.is_leaving) return;
  for (SpawnLink::Message& message : ended->TakeUnsent()) {
    const bool has_input = message.bytes[0] == static_cast<char>(SpawnCommand::kSuperviseWithInput);
    const absl::Status status =
        Supervise(&identity, has_input, std::move(message.fds), message.bytes.size() > 1);
    if (!status.ok()) log_(std::string(status.message()));
  }
}

std::string SpawnerClient::PythonError(const Identity& identity) const {
  const auto found = zygotes_.find(identity);
  if (found == zygotes_.end()) return "";
  // Its end may be known before its words are.
  if (found->second.link != nullptr) found->second.link->ReadLastWords();
  return found->second.error;
}

absl::Status SpawnerClient::Supervise(const Identity* python, bool has_input,
                                      std::vector<UniqueFd> fds, bool until_gone) {
  OpenToJobs(fds);
  const SpawnCommand command =
      has_input ? SpawnCommand::kSuperviseWithInput : SpawnCommand::kSupervise;
  const std::string word = until_gone ? SpawnLoop::kUntilGone : "";
  // Twice, because what died is found out by sending to it; nobody got the first one then.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (spawner_ == nullptr) RETURN_IF_ERROR(Start());
    Zygote* zygote = python != nullptr ? &zygotes_[*python] : nullptr;
    if (zygote != nullptr && zygote->link == nullptr && !StartZygote(*python, *zygote).ok()) {
      if (spawner_ != nullptr) EndSpawner();
      continue;
    }
    SpawnLink& link = zygote != nullptr ? *zygote->link : *spawner_;
    if (link.Send(command, word, fds)) return absl::OkStatus();
    if (zygote != nullptr) {
      EndZygote(*python, *zygote);
    } else {
      EndSpawner();
    }
  }
  if (python != nullptr && !zygotes_[*python].error.empty()) {
    return absl::UnavailableError(zygotes_[*python].error);
  }
  return absl::UnavailableError("start clusterd-spawner, which ends at once; see clusterd's log");
}

void SpawnerClient::Wake() {
  if (spawner_ == nullptr) return;
  const auto now = EventLoop::Clock::now();
  if (now < woken_ + kBetweenWakes) return;
  woken_ = now;
  process_->Wake();
  std::vector<UniqueFd> none;
  spawner_->Send(SpawnCommand::kWake, "", none);
}

void SpawnerClient::KillSupervisor(pid_t pid) const {
  if (spawner_ == nullptr) return;
  std::vector<UniqueFd> none;
  spawner_->Send(SpawnCommand::kKill,
                 PayloadWriter().U64(static_cast<std::uint64_t>(pid)).payload(), none);
}

void SpawnerClient::Shutdown(std::chrono::milliseconds time) {
  zygotes_.clear();
  spawner_.reset();
  process_->AwaitEnd(time);
}

}  // namespace muster::server
