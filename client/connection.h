// Connection: one open way to the daemon of one node: a socket that we connected ourselves (to a
// Unix socket, or to an ssh that relays), and the gRPC channel over it. A broken one stays broken;
// the next attempt is a new Connection. That has three uses: no back-off of gRPC's makes a
// restarted node look dead, errors of connect(2) and of ssh are told in their own words, and
// everything that is sent here goes to one and the same process. Thread-safe. May end on any
// thread.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/drain_watch.h"
#include "client/ssh_tunnel.h"
#include "client/trusted_users.h"
#include "common/address.h"
#include "common/mutex.h"
#include "common/silent_socket.h"
#include "common/unique_fd.h"
#include "muster/v1/node.grpc.pb.h"

namespace muster {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Described = std::function<void(const grpc::Status&, const v1::DescribeResponse&)>;

  // Returns at once; with ssh, long before it is known whether the host can be reached. The error
  // says why not, without naming the node; `trust` is asked whether the server of a Unix socket
  // will do.
  static absl::StatusOr<std::shared_ptr<Connection>> Open(const Address& address,
                                                          const TrustedUsers& trust);
  ~Connection();

  // What to do when the daemon says that it begins to end, once, on a thread of gRPC. Before the
  // first Describe.
  void OnDrain(std::function<void()> reaction) { on_drain_ = std::move(reaction); }

  // Whose daemon it is; nobody knows over ssh.
  std::optional<uid_t> server() const { return server_; }

  // Whether the other end is still there, as far as the kernel knows.
  bool IsAlive() const;

  // What the daemon calls its present life; empty until a Describe was answered.
  std::string incarnation() const MUSTER_EXCLUDES(mutex_);

  // The reaction runs once, on a thread of gRPC.
  void Describe(const v1::DescribeRequest& request, std::chrono::steady_clock::time_point deadline,
                Described reaction);

  // The outcome comes on the execution's own stream. `answered` runs once, on a thread of gRPC,
  // soon after `timeout` at the latest. NOT_FOUND: the execution has ended meanwhile, or never was.
  void Cancel(v1::CancelRequest request, std::chrono::steady_clock::duration timeout,
              std::function<void(const grpc::Status&)> answered);
  v1::Node::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Whether the daemon knows what resources are; one of an older version would not read them.
  bool HasSlots() const { return has_slots_; }

  // Whether the daemon said that it begins to end.
  bool IsDraining() const { return is_draining_; }

  // Why an rpc on this connection failed, for a person: what gRPC said, or ssh when it knows better
  // (ssh is ended then, so this is for a connection that is of no use any more). `then` runs once,
  // on a thread of gRPC or in this call.
  void Explain(const grpc::Status& status, std::function<void(std::string)> then);

 private:
  Connection() = default;
  // After an answer to Describe.
  void OnDescribed(const v1::DescribeResponse& response) MUSTER_EXCLUDES(mutex_);
  // Looks for silence as long as the connection is there.
  void LookAgain() MUSTER_EXCLUDES(mutex_);

  // Order matters: the channel ends first.
  std::shared_ptr<SshTunnel> tunnel_;  // null for a Unix socket
  UniqueFd watch_;                     // a copy of the channel's socket, only to look at
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Node::Stub> stub_;
  std::optional<uid_t> server_;
  std::function<void()> on_drain_;
  std::atomic<bool> is_draining_{false};
  std::atomic<bool> has_slots_{false};

  SilentSocket silence_;  // one look after the other
  mutable Mutex mutex_;
  std::string incarnation_ MUSTER_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Alarm> next_look_ MUSTER_GUARDED_BY(mutex_);
  std::shared_ptr<DrainWatch> drain_watch_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
