#include "client/connection.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

#include "client/grpc_threads.h"
#include "common/account.h"
#include "common/descriptor_limit.h"
#include "common/escape.h"
#include "common/status_macros.h"
#include "common/tsan.h"

namespace muster {
namespace {

constexpr int kMaxReceivedBytes = 8 << 20;
// Of HTTP/2; its own default, 16 KiB, costs a large value an eighth of its speed.
constexpr int kMaxFrameBytes = 1 << 20;

// A frozen or vanished daemon is noticed after 15 s. gRPC's defaults never notice one.
grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000 * kTsanSlowness);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxReceivedBytes);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMaxFrameBytes);
  arguments.SetMaxSendMessageSize(-1);
  return arguments;
}

absl::StatusOr<uid_t> ServerOf(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::InternalError(absl::StrCat("cannot tell who serves it: ", ::strerror(errno)));
  }
  return peer.uid;
}

absl::StatusOr<UniqueFd> ConnectUnix(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.IsOpen()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make a socket: ", WhyNoDescriptor(errno)));
  }
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) {
    return absl::InvalidArgumentError("the path is too long for a Unix socket");
  }
  ::memcpy(name.sun_path, path.data(), path.size());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    const int error = errno;
    std::string why = ::strerror(error);
    if (error == ENOENT || error == ECONNREFUSED) {
      absl::StrAppend(&why, "; no clusterd listens there: start one with --listen unix:", path);
    } else if (error == EACCES) {
      absl::StrAppend(&why, "; the socket or its folder is closed to ", DescribeUser(::geteuid()),
                      ": ask its owner for a [user ", UserName(::geteuid()),
                      "] section, and to open the folder (chmod o+x)");
    } else if (error == EAGAIN) {
      why = "too many others wait to be accepted there; is that clusterd stopped?";
    }
    return absl::UnavailableError(why);
  }
  return socket;
}

// Lives until its reaction has run.
struct DescribeExchange {
  std::shared_ptr<Connection> connection;
  Connection::Described reaction;
  grpc::ClientContext context;
  v1::DescribeRequest request;
  v1::DescribeResponse response;
};

struct CancelExchange {
  std::shared_ptr<Connection> connection;
  std::function<void(const grpc::Status&)> answered;
  grpc::ClientContext context;
  v1::CancelRequest request;
  v1::CancelResponse response;
};

}  // namespace

absl::StatusOr<std::shared_ptr<Connection>> Connection::Open(const Address& address,
                                                             const TrustedUsers& trust) {
  RETURN_IF_ERROR(KeepGrpcThreads());
  std::shared_ptr<Connection> connection(new Connection);
  UniqueFd socket;
  if (address.kind == Address::Kind::kSsh) {
    ASSIGN_OR_RETURN(connection->tunnel_, SshTunnel::Start(address, &socket));
  } else {
    ASSIGN_OR_RETURN(socket, ConnectUnix(address.path));
    ASSIGN_OR_RETURN(connection->server_, ServerOf(socket.get()));
    RETURN_IF_ERROR(trust.Check(*connection->server_));
  }
  connection->watch_.Reset(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  if (!connection->watch_.IsOpen()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot set up a connection: ", WhyNoDescriptor(errno)));
  }
  // From here the socket is the channel's.
  connection->channel_ =
      grpc::CreateCustomInsecureChannelFromFd("clusterd", socket.Release(), Arguments());
  connection->stub_ = v1::Node::NewStub(connection->channel_);
  connection->LookAgain();
  return connection;
}

Connection::~Connection() {
  std::shared_ptr<DrainWatch> watch;
  {
    const MutexLock lock(mutex_);
    watch = std::move(drain_watch_);
  }
  if (watch != nullptr) watch->Stop();
}

bool Connection::IsAlive() const {
  pollfd look{watch_.get(), POLLRDHUP, 0};
  return ::poll(&look, 1, 0) == 0;
}

void Connection::LookAgain() {
  auto alarm = std::make_unique<grpc::Alarm>();
  TsanRelease(this);
  alarm->Set(std::chrono::system_clock::now() + SilentSocket::kBetweenLooks,
             [weak = weak_from_this()](bool fired) {
               const std::shared_ptr<Connection> self = weak.lock();
               if (self == nullptr || !fired) return;
               TsanAcquire(self.get());
               if (self->silence_.Look(self->watch_.get())) self->LookAgain();
             });
  const MutexLock lock(mutex_);
  next_look_.swap(alarm);
}

std::string Connection::incarnation() const {
  const MutexLock lock(mutex_);
  return incarnation_;
}

void Connection::Describe(const v1::DescribeRequest& request,
                          std::chrono::steady_clock::time_point deadline, Described reaction) {
  auto exchange = std::make_shared<DescribeExchange>();
  exchange->request = request;
  exchange->connection = shared_from_this();
  exchange->reaction = std::move(reaction);
  // gRPC keeps a deadline as a distance from now; which clock it was said in does not matter.
  exchange->context.set_deadline(std::chrono::system_clock::now() +
                                 std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                     deadline - std::chrono::steady_clock::now()));
  DescribeExchange* const raw = exchange.get();
  TsanRelease(raw);
  stub_->async()->Describe(&raw->context, &raw->request, &raw->response,
                           [exchange](const grpc::Status& status) {
                             TsanAcquire(exchange.get());
                             if (status.ok()) exchange->connection->OnDescribed(exchange->response);
                             exchange->reaction(status, exchange->response);
                             exchange->reaction = nullptr;
                           });
}

void Connection::OnDescribed(const v1::DescribeResponse& response) {
  has_slots_ = response.slots_size() > 0;
  {
    const MutexLock lock(mutex_);
    const bool is_first = incarnation_.empty();
    incarnation_ = response.incarnation();
    if (!is_first || !on_drain_) return;
  }
  // Only now: before a daemon has answered there is nothing to hear.
  std::shared_ptr<DrainWatch> watch =
      DrainWatch::Begin(channel_, [weak = weak_from_this(), reaction = on_drain_] {
        if (const std::shared_ptr<Connection> self = weak.lock()) self->is_draining_ = true;
        reaction();
      });
  const MutexLock lock(mutex_);
  drain_watch_ = std::move(watch);
}

void Connection::Cancel(v1::CancelRequest request, std::chrono::steady_clock::duration timeout,
                        std::function<void(const grpc::Status&)> answered) {
  auto exchange = std::make_shared<CancelExchange>();
  exchange->connection = shared_from_this();
  exchange->answered = std::move(answered);
  exchange->request = std::move(request);
  exchange->context.set_deadline(std::chrono::system_clock::now() + timeout);
  CancelExchange* const raw = exchange.get();
  TsanRelease(raw);
  stub_->async()->Cancel(&raw->context, &raw->request, &raw->response,
                         [exchange](const grpc::Status& status) {
                           TsanAcquire(exchange.get());
                           exchange->answered(status);
                           exchange->answered = nullptr;
                         });
}

void Connection::Explain(const grpc::Status& status, std::function<void(std::string)> then) {
  const bool timed_out = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  // A daemon that drains refuses new streams over a connection on which older ones still run: then
  // ssh has nothing to say, and must not be ended.
  const bool broke = status.error_code() == grpc::StatusCode::UNAVAILABLE && !IsAlive();
  if (tunnel_ == nullptr || (!broke && !timed_out)) {
    then(EscapeToOneLine(status.error_message()));
    return;
  }
  SshTunnel::Explain(tunnel_, timed_out, std::move(then));
}

}  // namespace muster
