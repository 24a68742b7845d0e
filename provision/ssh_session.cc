#include "provision/ssh_session.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>

#include "common/child_process.h"
#include "common/last_words.h"
#include "common/pipe.h"
#include "common/status_macros.h"

namespace muster::provision {
namespace {

using Clock = std::chrono::steady_clock;

// Feeds standard input until ssh ends or takes no more.
class Feeder {
 public:
  Feeder(UniqueFd socket, const InputSource& source) : socket_(std::move(socket)), source_(source) {
    ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  }

  int fd() const { return socket_.get(); }  // -1: there is nothing more to say

  // As much as goes without waiting.
  absl::Status Feed() {
    while (socket_.IsOpen()) {
      if (sent_ == piece_.size()) {
        ASSIGN_OR_RETURN(piece_, source_());
        sent_ = 0;
        if (piece_.empty()) socket_.Reset();
        continue;
      }
      const ssize_t size =
          ::send(socket_.get(), piece_.data() + sent_, piece_.size() - sent_, MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return absl::OkStatus();
      if (size < 0) {
        socket_.Reset();  // it reads no more; why, its end tells
      } else {
        sent_ += static_cast<std::size_t>(size);
      }
    }
    return absl::OkStatus();
  }

 private:
  UniqueFd socket_;
  const InputSource& source_;
  std::string piece_;
  std::size_t sent_ = 0;
};

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

absl::StatusOr<SshEnd> RunSsh(const std::vector<std::string>& command, const InputSource& input,
                              Clock::time_point deadline) {
  UniqueFd ours, theirs;
  if (!MakeSocketPair(ours, theirs)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make a socket for ssh: ", ::strerror(errno)));
  }
  const LastWords output;
  const LastWords errors;
  ChildProcess::Options options;
  options.argv = command;
  options.fds = {{theirs.get(), 0}, {output.fd(), 1}, {errors.fd(), 2}};
  options.new_session = true;  // Ctrl-C is for who waits, and no terminal can be asked
  options.guarded = true;      // before it is connected it looks at nothing, not even at its input
  options.extra_environment = {"SSH_ASKPASS_REQUIRE=never"};
  absl::StatusOr<ChildProcess> child = ChildProcess::Start(options);
  theirs.Reset();
  if (!absl::IsNotFound(child.status())) RETURN_IF_ERROR(child.status());
  if (!child.ok()) {
    return absl::NotFoundError(absl::StrCat(
        child.status().message(), "; install OpenSSH's client, or name it in MUSTER_SSH"));
  }
  Feeder feeder(std::move(ours), input);
  std::optional<int> status;
  absl::Status fed;
  while (!(status = child->WaitUntil(Clock::now())) && fed.ok() && Clock::now() < deadline) {
    pollfd waiting[2] = {{child->pidfd(), POLLIN, 0}, {feeder.fd(), POLLOUT, 0}};
    ::poll(waiting, 2, MillisecondsUntil(deadline));
    if (waiting[1].revents != 0) fed = feeder.Feed();
  }
  SshEnd end;
  if (!status) {
    end.timed_out = fed.ok();
    child->Kill(SIGKILL);
    status = child->WaitUntil(Clock::now() + std::chrono::seconds(1));
  }
  RETURN_IF_ERROR(fed);
  if (status) end.code = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
  end.output = output.All();
  end.errors = errors.Tail();
  return end;
}

}  // namespace muster::provision
