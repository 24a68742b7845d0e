#include "client/ssh_tunnel.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <grpcpp/alarm.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include <chrono>
#include <utility>

#include "common/descriptor_limit.h"
#include "common/pipe.h"
#include "common/ssh_command.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds kFarewell(500);
constexpr std::chrono::milliseconds kFarewellStep(10);

}  // namespace

std::vector<std::string> SshTunnel::CommandLine(const Address& address) {
  const std::string program = address.relay.empty() ? "clusterd" : QuotedForSsh(address.relay);
  const std::string path =
      address.path.empty() ? "" : absl::StrCat(" ", QuotedForSsh(address.path));
  return SshCommand(address, {}, absl::StrCat(program, " --relay", path));
}

absl::StatusOr<std::shared_ptr<SshTunnel>> SshTunnel::Start(const Address& address,
                                                            UniqueFd* socket) {
  UniqueFd ours, theirs;
  if (!MakeSocketPair(ours, theirs)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make a socket for ssh: ", WhyNoDescriptor(errno)));
  }
  std::shared_ptr<SshTunnel> tunnel(new SshTunnel);
  ChildProcess::Options options;
  options.argv = CommandLine(address);
  options.fds = {{theirs.get(), 0}, {theirs.get(), 1}};
  if (tunnel->words_.fd() >= 0) options.fds.emplace_back(tunnel->words_.fd(), 2);
  options.new_session = true;  // Ctrl-C at our terminal stops commands, not the connection
  options.guarded = true;      // before it is connected it looks at nothing, not even at its input
  absl::StatusOr<ChildProcess> child = ChildProcess::Start(options);
  if (!absl::IsNotFound(child.status())) RETURN_IF_ERROR(child.status());
  if (!child.ok()) {
    return absl::NotFoundError(absl::StrCat(
        child.status().message(), "; install OpenSSH's client, or name it in MUSTER_SSH"));
  }
  {
    const MutexLock lock(tunnel->mutex_);
    tunnel->child_ = *std::move(child);
  }
  // Ours only: the flag belongs to the end, and ssh expects to block.
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  *socket = std::move(ours);
  return tunnel;
}

SshTunnel::~SshTunnel() {
  Kill();
  const MutexLock lock(mutex_);
  // A killed process ends at once; the bound is for one that the kernel cannot end.
  child_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

void SshTunnel::Kill() {
  const MutexLock lock(mutex_);
  is_killed_ = true;
  child_.Kill(SIGKILL);
}

std::string SshTunnel::Ended() {
  const MutexLock lock(mutex_);
  const std::optional<int> status = child_.WaitUntil(std::chrono::steady_clock::now());
  if (!status) return "";
  const std::string words = words_.Tail();
  std::string text = is_killed_ ? std::string("ssh was still trying")
                                : absl::StrCat("ssh ", DescribeWaitStatus(*status));
  return words.empty() ? text : absl::StrCat(text, ": ", words);
}

// Looks every few milliseconds whether ssh has ended. Lives by the callback of the next look.
class SshTunnel::Farewell : public std::enable_shared_from_this<SshTunnel::Farewell> {
 public:
  Farewell(std::shared_ptr<SshTunnel> tunnel, bool at_once, std::function<void(std::string)> then)
      : tunnel_(std::move(tunnel)),
        then_(std::move(then)),
        kill_at_(std::chrono::steady_clock::now() +
                 (at_once ? std::chrono::milliseconds(0) : kFarewell)) {}

  void Look() {
    std::string why = tunnel_->Ended();
    if (why.empty() && std::chrono::steady_clock::now() >= kill_at_) tunnel_->Kill();
    if (why.empty() && std::chrono::steady_clock::now() >= kill_at_ + kFarewell) {
      why = "ssh does not end";
    }
    if (!why.empty()) {
      then_(std::move(why));
      return;
    }
    // One alarm for each step: it cannot be set again from its own callback. The callback holds it,
    // and lets go of it first, so that neither keeps the other.
    auto alarm = std::make_shared<grpc::Alarm>();
    alarm->Set(std::chrono::system_clock::now() + kFarewellStep,
               [self = shared_from_this(), held = alarm](bool) mutable {
                 held.reset();
                 self->Look();
               });
  }

 private:
  const std::shared_ptr<SshTunnel> tunnel_;
  const std::function<void(std::string)> then_;
  const std::chrono::steady_clock::time_point kill_at_;
};

void SshTunnel::Explain(std::shared_ptr<SshTunnel> tunnel, bool at_once,
                        std::function<void(std::string)> then) {
  std::make_shared<Farewell>(std::move(tunnel), at_once, std::move(then))->Look();
}

}  // namespace muster
