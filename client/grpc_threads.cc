#include "client/grpc_threads.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>

#include "common/descriptor_limit.h"
#include "common/mutex.h"
#include "common/pipe.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"
#include "muster/v1/node.grpc.pb.h"

namespace muster {
namespace {

// gRPC 1.51 takes 4 when it begins. The others are for what threads of the program open meanwhile.
constexpr std::size_t kDescriptors = 8;

// A channel to nowhere that is never destroyed, with one call made on it: the call is what makes a
// channel hold the threads. Nothing here is waited for.
struct Anchor {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Node::Stub> stub;
  grpc::ClientContext context;
  v1::DescribeRequest request;
  v1::DescribeResponse response;
};

absl::Status LackOfDescriptors(int error) {
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot begin to use gRPC: ", WhyNoDescriptor(error)));
}

absl::Status CheckDescriptors(int any) {
  std::array<UniqueFd, kDescriptors> all;
  for (UniqueFd& each : all) {
    each.Reset(::fcntl(any, F_DUPFD_CLOEXEC, 0));
    if (!each.IsOpen()) return LackOfDescriptors(errno);
  }
  return absl::OkStatus();
}

absl::Status Drop(std::atomic<Anchor*>& dropped) {
  UniqueFd ours, theirs;
  if (!MakeSocketPair(ours, theirs)) return LackOfDescriptors(errno);
  theirs.Reset();
  RETURN_IF_ERROR(CheckDescriptors(ours.get()));
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  auto* const anchor = new Anchor;
  anchor->channel = grpc::CreateInsecureChannelFromFd("nowhere", ours.Release());
  anchor->stub = v1::Node::NewStub(anchor->channel);
  anchor->stub->async()->Describe(&anchor->context, &anchor->request, &anchor->response,
                                  [](const grpc::Status&) {});
  dropped = anchor;
  return absl::OkStatus();
}

}  // namespace

absl::Status KeepGrpcThreads() {
  // Where the leak sanitizer finds it.
  static std::atomic<Anchor*> anchor{nullptr};
  static auto* const mutex = new Mutex;
  if (anchor != nullptr) return absl::OkStatus();
  const MutexLock lock(*mutex);
  return anchor != nullptr ? absl::OkStatus() : Drop(anchor);
}

}  // namespace muster
