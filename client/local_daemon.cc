#include "client/local_daemon.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "common/descriptor_limit.h"
#include "common/escape.h"
#include "common/pipe.h"
#include "common/status_macros.h"

namespace muster {
namespace {

// The descriptor at which the daemon finds its end of the lifeline.
constexpr int kLifelineFd = 3;

absl::Status NoDescriptors(int error) {
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot make what a clusterd needs to start: ", WhyNoDescriptor(error)));
}

int MillisecondsUntil(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return left.count() <= 0 ? 0 : static_cast<int>(left.count());
}

}  // namespace

absl::StatusOr<LocalDaemon> LocalDaemon::Start(const Options& options) {
  LocalDaemon daemon;
  UniqueFd theirs, write_end;
  if (!MakeSocketPair(daemon.lifeline_, theirs) || !MakePipe(daemon.stdout_, write_end)) {
    return NoDescriptors(errno);
  }
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing.IsOpen()) return NoDescriptors(errno);
  daemon.words_ = std::make_unique<LastWords>();
  daemon.name_ = options.name;

  ChildProcess::Options child;
  child.argv = {options.program,
                "--name",
                options.name,
                "--listen",
                absl::StrCat("unix:", options.socket),
                "--log-level",
                "error",
                "--parent-fd",
                absl::StrCat(kLifelineFd)};
  if (options.workers > 0) {
    child.argv.emplace_back("--workers");
    child.argv.push_back(absl::StrCat(options.workers));
  }
  child.fds = {{nothing.get(), 0}, {write_end.get(), 1}, {theirs.get(), kLifelineFd}};
  if (daemon.words_->fd() >= 0) child.fds.emplace_back(daemon.words_->fd(), 2);
  child.new_session = true;  // Ctrl-C at our terminal is ours to handle
  ASSIGN_OR_RETURN(daemon.child_, ChildProcess::Start(child));
  return daemon;
}

absl::Status LocalDaemon::DidNotStart(const std::string& why) {
  const std::string words = words_->Tail();
  is_told_ = true;
  return absl::UnavailableError(absl::StrCat("clusterd ", name_, " of the embedded cluster ", why,
                                             words.empty() ? "" : ": ", words));
}

absl::Status LocalDaemon::WaitUntilReady(std::chrono::steady_clock::time_point deadline) {
  std::string said;
  while (!absl::StrContains(said, '\n')) {
    pollfd look{stdout_.get(), POLLIN, 0};
    const int ready = ::poll(&look, 1, MillisecondsUntil(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return DidNotStart("did not say that it listens in time");
    char buffer[512];
    const ssize_t count = ::read(stdout_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const std::optional<int> status = child_.WaitUntil(deadline);
      return DidNotStart(status ? absl::StrCat(DescribeWaitStatus(*status), " at its start")
                                : "closed its standard output at its start");
    }
    said.append(buffer, static_cast<std::size_t>(count));
  }
  if (absl::StartsWith(said, absl::StrCat("clusterd ", name_, " listening on "))) {
    return absl::OkStatus();
  }
  return DidNotStart(absl::StrCat("said something else than that it listens: ", said));
}

void LocalDaemon::WaitForEnd(std::chrono::steady_clock::time_point deadline) {
  if (!child_.WaitUntil(deadline)) {
    child_.Kill(SIGKILL);
    child_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  }
  std::string words = is_told_ ? "" : words_->All();
  if (words.empty()) return;
  if (::isatty(STDERR_FILENO) == 1) words = EscapeControls(words);
  // Best effort: there may be nobody at our stderr.
  if (::write(STDERR_FILENO, words.data(), words.size()) < 0) return;
}

}  // namespace muster
