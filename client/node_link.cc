#include "client/node_link.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include "client/execution_id.h"
#include "client/grpc_threads.h"
#include "common/account.h"
#include "common/limits.h"
#include "common/tsan.h"

namespace muster {
namespace {

// A daemon takes 64 connections of one user, and another program may have some, too.
constexpr std::size_t kMaxLanes = 48;
// Each is an ssh process here, and a login and a relay there. So many hold what a daemon runs at
// once unless it is told otherwise (512).
constexpr std::size_t kMaxSshLanes = 6;

std::chrono::steady_clock::time_point Now() { return std::chrono::steady_clock::now(); }

// Why a daemon on this machine closed a connection before it said a word.
std::string WhyClosed(uid_t server) {
  const uid_t own = ::geteuid();
  if (own == 0 || server == own) return "it may be ending, or have as many connections as it takes";
  return absl::StrCat("it may not allow ", DescribeUser(own), "; ask its owner, ",
                      DescribeUser(server), ", for a [user ", UserName(own), "] section");
}

}  // namespace

NodeLink::Lease& NodeLink::Lease::operator=(Lease&& other) noexcept {
  link_.swap(other.link_);
  lane_.swap(other.lane_);
  return *this;
}

NodeLink::Lease::~Lease() {
  if (link_ != nullptr) link_->GiveBack(*lane_);
}

NodeLink::NodeLink(std::string name, Address address, TrustedUsers trust,
                   std::chrono::milliseconds max_idle, std::shared_ptr<ConnectTurns> turns,
                   std::string state)
    : name_(std::move(name)),
      address_(std::move(address)),
      trust_(std::move(trust)),
      turns_(std::move(turns)),
      state_(std::move(state)),
      lanes_(is_unix() ? kMaxLanes : kMaxSshLanes, max_idle) {}

absl::Status NodeLink::Unreachable(const std::string& why) const {
  return absl::UnavailableError(
      absl::StrCat("cannot reach ", name_, " at ", address_.ToString(), ": ", why));
}

// Given what gRPC or ssh said about a Describe that failed.
std::string NodeLink::WhyNoAnswer(const grpc::Status& status, const Connection& connection,
                                  const std::string& words, std::chrono::milliseconds time) const {
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED: {
      if (time.count() <= 0) return "no time was left to ask it; is this machine overloaded?";
      const std::string text = absl::StrCat("no answer within ", time.count(), " ms");
      return is_unix()
                 ? absl::StrCat(text, "; is that clusterd stopped, or the machine overloaded?")
                 : absl::StrCat(text, "; ", words);
    }
    case grpc::StatusCode::UNAVAILABLE:
      if (!connection.server()) return words;
      return absl::StrCat("clusterd closed the connection before it answered (", words,
                          "): ", WhyClosed(*connection.server()));
    default:
      return absl::StrCat("clusterd refused to describe itself: ", words);
  }
}

absl::StatusOr<std::shared_ptr<Connection>> NodeLink::Open() {
  if (!state_.empty()) {
    return absl::UnavailableError(
        absl::StrCat(name_, " is ", state_, ", so nothing was sent there"));
  }
  absl::StatusOr<std::shared_ptr<Connection>> opened = Connection::Open(address_, trust_);
  if (!opened.ok()) return Unreachable(std::string(opened.status().message()));
  (*opened)->OnDrain([link = weak_from_this(), opened = std::weak_ptr<Connection>(*opened)] {
    const std::shared_ptr<NodeLink> self = link.lock();
    const std::shared_ptr<Connection> connection = opened.lock();
    if (self != nullptr && connection != nullptr) self->Forget(connection.get());
  });
  lanes_.Add(*opened);
  if (lanes_.size() == 1) {
    stream_id_ = NewStreamId();
    sequence_ = 0;
  }
  return opened;
}

v1::ExecutionId NodeLink::NextId() {
  v1::ExecutionId id;
  const MutexLock lock(mutex_);
  id.set_stream_id(stream_id_);
  id.set_sequence(++sequence_);
  return id;
}

void NodeLink::Connect(Use use, const std::shared_ptr<Waiter>& waiter) {
  Lanes::Removed removed;
  Lease lease;
  bool is_ready = false;
  {
    const MutexLock lock(mutex_);
    auto& queue = use == Use::kQuestion ? asking_ : waiting_;
    is_ready = queue.empty() && Take(use, &lease, &removed);
    if (!is_ready) queue.push_back(waiter);
  }
  if (is_ready) {
    waiter->OnConnected(std::move(lease));
  } else {
    Serve();
  }
}

bool NodeLink::Take(Use use, Lease* lease, Lanes::Removed* removed) {
  const bool executes = use == Use::kExecution;
  std::shared_ptr<Lane> lane = executes ? lanes_.TakePlace(removed) : lanes_.Greeted(removed);
  if (lane == nullptr) return false;
  lane->empty_since = Now();
  lease->lane_ = std::move(lane);
  if (executes) lease->link_ = shared_from_this();
  return true;
}

std::shared_ptr<NodeLink::Waiter> NodeLink::NextServed(Lease* lease, Lanes::Removed* removed) {
  const Use use = asking_.empty() ? Use::kExecution : Use::kQuestion;
  auto& queue = asking_.empty() ? waiting_ : asking_;
  if (queue.empty() || !Take(use, lease, removed)) return nullptr;
  std::shared_ptr<Waiter> next = std::move(queue.front());
  queue.pop_front();
  return next;
}

void NodeLink::Serve() {
  {
    const MutexLock lock(mutex_);
    if (is_serving_) return;
    is_serving_ = true;
  }
  for (;;) {
    Lanes::Removed removed;
    Lease lease;
    std::shared_ptr<Waiter> waiter;
    bool greets = false;
    {
      const MutexLock lock(mutex_);
      waiter = NextServed(&lease, &removed);
      if (waiter == nullptr) {
        is_serving_ = false;
        greets = WantsHello(&removed);
        says_hello_ = says_hello_ || greets;
      }
    }
    if (waiter != nullptr) {
      waiter->OnConnected(std::move(lease));
      continue;
    }
    if (greets) {
      turns_->Take(std::nullopt, [self = shared_from_this()](ConnectTurns::Turn turn) {
        self->SayHello(std::move(turn));
      });
    }
    return;
  }
}

bool NodeLink::WantsHello(Lanes::Removed* removed) {
  if (says_hello_ || (asking_.empty() && waiting_.empty())) return false;
  if (lanes_.Greeted(removed) == nullptr || lanes_.NotGreeted(removed) != nullptr) return true;
  return !lanes_.IsFull() && may_grow_;
}

void NodeLink::SayHello(ConnectTurns::Turn turn) {
  Lanes::Removed removed;
  absl::StatusOr<std::shared_ptr<Connection>> connection;
  {
    const MutexLock lock(mutex_);
    connection = lanes_.NotGreeted(&removed);
    if (*connection == nullptr) connection = Open();
  }
  if (!connection.ok()) {
    EndHello(connection);
    return;
  }
  (*connection)
      ->Describe(
          {}, Now() + kConnectTimeout,
          [self = shared_from_this(), connection = *connection, turn = std::move(turn)](
              const grpc::Status& status, const v1::DescribeResponse&) {
            if (status.ok()) {
              self->EndHello(connection);
              return;
            }
            self->Forget(connection.get());
            connection->Explain(status, [self, status, connection, turn](const std::string& words) {
              const absl::Status why =
                  self->Unreachable(self->WhyNoAnswer(status, *connection, words, kConnectTimeout));
              // On this machine that is a daemon that is stopped; another ssh may just
              // be slow.
              const bool is_stopped =
                  self->is_unix() && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
              self->EndHello(is_stopped ? absl::DeadlineExceededError(why.message()) : why);
            });
          });
}

void NodeLink::EndHello(const absl::StatusOr<std::shared_ptr<Connection>>& result) {
  Lanes::Removed removed;
  std::vector<std::shared_ptr<Waiter>> failed;
  {
    const MutexLock lock(mutex_);
    says_hello_ = false;
    if (result.ok()) {
      lanes_.RemoveOthers((*result)->incarnation(), &removed);
    } else if (absl::IsDeadlineExceeded(result.status()) || lanes_.Greeted(&removed) == nullptr) {
      failed.assign(asking_.begin(), asking_.end());
      failed.insert(failed.end(), waiting_.begin(), waiting_.end());
      asking_.clear();
      waiting_.clear();
    } else {
      may_grow_ = false;
    }
  }
  for (const std::shared_ptr<Waiter>& waiter : failed) {
    waiter->OnUnreachable(std::string(result.status().message()));
  }
  if (failed.empty()) Serve();
  TickLater();
}

void NodeLink::GiveBack(Lane& lane) {
  {
    const MutexLock lock(mutex_);
    if (--lane.executions == 0) lane.empty_since = Now();
  }
  Serve();
  TickLater();
}

void NodeLink::TickLater() {
  if (!KeepGrpcThreads().ok()) return;  // then there is no connection either
  std::optional<Lanes::Time> at;
  {
    const MutexLock lock(mutex_);
    if (says_hello_) return;  // again when it has ended
    at = waiting_.empty() ? lanes_.NextIdle(Now()) : Now() + Lanes::kMaxIdle;
    if (!at || (tick_at_ && *tick_at_ <= *at)) return;
    tick_at_ = at;
  }
  auto alarm = std::make_unique<grpc::Alarm>();
  TsanRelease(this);
  alarm->Set(std::chrono::system_clock::now() + (*at - Now()),
             [weak = weak_from_this()](bool fired) {
               const std::shared_ptr<NodeLink> self = weak.lock();
               if (self == nullptr || !fired) return;
               TsanAcquire(self.get());
               self->Tick();
             });
  const MutexLock lock(mutex_);
  // Somebody may have asked for an earlier one meanwhile, which stays then.
  if (tick_at_ == at) next_tick_.swap(alarm);
}

void NodeLink::Tick() {
  Lanes::Removed removed;
  {
    const MutexLock lock(mutex_);
    tick_at_.reset();
    may_grow_ = true;
    if (!says_hello_) lanes_.RemoveIdle(Now(), &removed);
  }
  Serve();
  TickLater();
}

void NodeLink::Describe(const v1::DescribeRequest& request,
                        std::chrono::steady_clock::time_point deadline, Described reaction) {
  Lanes::Removed removed;
  std::shared_ptr<Connection> open;
  {
    const MutexLock lock(mutex_);
    open = lanes_.First(&removed);
  }
  if (open != nullptr) {
    DescribeOver(open, request, deadline, std::move(reaction));
    return;
  }
  const Lanes::Time now = Now();
  turns_->Take(
      now + (deadline - now) / 2, [self = shared_from_this(), request, deadline,
                                   reaction = std::move(reaction)](const ConnectTurns::Turn& turn) {
        Lanes::Removed gone;
        absl::StatusOr<std::shared_ptr<Connection>> connection;
        {
          const MutexLock lock(self->mutex_);
          connection = self->lanes_.First(&gone);
          if (*connection == nullptr) connection = self->Open();
        }
        if (!connection.ok()) {
          reaction(connection.status());
          return;
        }
        self->DescribeOver(*connection, request, deadline,
                           [reaction, turn](absl::StatusOr<v1::DescribeResponse> response) {
                             reaction(std::move(response));
                           });
      });
}

void NodeLink::DescribeOver(const std::shared_ptr<Connection>& connection,
                            const v1::DescribeRequest& request, Lanes::Time deadline,
                            Described reaction) {
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(deadline - Now());
  connection->Describe(
      request, deadline,
      [self = shared_from_this(), connection, time, reaction = std::move(reaction)](
          const grpc::Status& status, const v1::DescribeResponse& response) {
        self->TickLater();
        if (status.ok()) {
          reaction(response);
          return;
        }
        const auto tell = [self, status, connection, time, reaction](const std::string& words) {
          reaction(self->Unreachable(self->WhyNoAnswer(status, *connection, words, time)));
        };
        // After a time-out the daemon may only be slow: who executes there still has his 5 s.
        if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
          tell("ssh is still trying");
        } else {
          self->Forget(connection.get());
          connection->Explain(status, tell);
        }
      });
}

void NodeLink::Forget(const Connection* connection) {
  Lanes::Removed removed;  // ends after the lock
  const MutexLock lock(mutex_);
  lanes_.Remove(connection, &removed);
}

void NodeLink::ForgetAll() {
  Lanes::Removed removed;  // ends after the lock
  const MutexLock lock(mutex_);
  lanes_.RemoveAll(&removed);
}

}  // namespace muster
