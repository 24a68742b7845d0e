#include "client/node_link.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <utility>

#include "common/limits.h"

namespace muster {
namespace {

// Why a daemon on this machine closed a connection before it said a word.
std::string WhyClosed(uid_t server) {
  const uid_t own = ::geteuid();
  if (own == 0 || server == own) return "it may be ending, or have as many connections as it takes";
  return absl::StrCat("it may not allow ", DescribeUser(own), "; ask its owner, ",
                      DescribeUser(server), ", for a [user ", UserName(own), "] section");
}

// Why a Describe failed, given what gRPC or ssh said about it.
std::string WhyNoAnswer(const grpc::Status& status, const Connection& connection,
                        const std::string& words, std::chrono::milliseconds time) {
  const bool is_unix = connection.server().has_value();
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED: {
      if (time.count() <= 0) return "no time was left to ask it; is this machine overloaded?";
      const std::string text = absl::StrCat("no answer within ", time.count(), " ms");
      return is_unix ? absl::StrCat(text, "; is that clusterd stopped, or the machine overloaded?")
                     : absl::StrCat(text, "; ", words);
    }
    case grpc::StatusCode::UNAVAILABLE:
      if (!is_unix) return words;
      return absl::StrCat("clusterd closed the connection before it answered (", words,
                          "): ", WhyClosed(*connection.server()));
    default:
      return absl::StrCat("clusterd refused to describe itself: ", words);
  }
}

}  // namespace

absl::Status NodeLink::Unreachable(const std::string& why) const {
  return absl::UnavailableError(
      absl::StrCat("cannot reach ", name_, " at ", address_.ToString(), ": ", why));
}

absl::StatusOr<std::shared_ptr<Connection>> NodeLink::GetConnection() {
  std::shared_ptr<Connection> broken;  // ends after the lock
  const MutexLock lock(mutex_);
  if (connection_ != nullptr && connection_->IsAlive()) return connection_;
  broken = std::move(connection_);
  connection_ = nullptr;
  absl::StatusOr<std::shared_ptr<Connection>> opened = Connection::Open(address_, trust_);
  if (!opened.ok()) return Unreachable(std::string(opened.status().message()));
  connection_ = *opened;
  return opened;
}

void NodeLink::Connect(const std::shared_ptr<Waiter>& waiter) {
  std::shared_ptr<Connection> ready;
  {
    const MutexLock lock(mutex_);
    const bool is_ready = connection_ != nullptr && !says_hello_ &&
                          !connection_->incarnation().empty() && connection_->IsAlive();
    if (is_ready) {
      ready = connection_;
    } else {
      waiting_.push_back(waiter);
      if (says_hello_) return;
      says_hello_ = true;
    }
  }
  if (ready != nullptr) {
    waiter->OnConnected(std::move(ready));  // NOLINT(bugprone-use-after-move): kept when ready
  } else {
    SayHello();
  }
}

void NodeLink::SayHello() {
  absl::StatusOr<std::shared_ptr<Connection>> connection = GetConnection();
  if (!connection.ok()) {
    EndHello(connection);
    return;
  }
  (*connection)
      ->Describe(
          {}, std::chrono::steady_clock::now() + kConnectTimeout,
          [self = shared_from_this(), connection = *connection](const grpc::Status& status,
                                                                const v1::DescribeResponse&) {
            if (status.ok()) {
              self->EndHello(connection);
              return;
            }
            self->Forget(connection.get());
            connection->Explain(status, [self, status, connection](const std::string& words) {
              self->EndHello(
                  self->Unreachable(WhyNoAnswer(status, *connection, words, kConnectTimeout)));
            });
          });
}

void NodeLink::EndHello(const absl::StatusOr<std::shared_ptr<Connection>>& result) {
  std::vector<std::shared_ptr<Waiter>> waiting;
  {
    const MutexLock lock(mutex_);
    says_hello_ = false;
    waiting.swap(waiting_);
  }
  for (const std::shared_ptr<Waiter>& waiter : waiting) {
    if (result.ok()) {
      waiter->OnConnected(*result);
    } else {
      waiter->OnUnreachable(std::string(result.status().message()));
    }
  }
}

void NodeLink::Describe(const v1::DescribeRequest& request,
                        std::chrono::steady_clock::time_point deadline, Described reaction) {
  absl::StatusOr<std::shared_ptr<Connection>> connection = GetConnection();
  if (!connection.ok()) {
    reaction(connection.status());
    return;
  }
  const auto time =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  (*connection)
      ->Describe(request, deadline,
                 [self = shared_from_this(), connection = *connection, time,
                  reaction = std::move(reaction)](const grpc::Status& status,
                                                  const v1::DescribeResponse& response) {
                   if (status.ok()) {
                     reaction(response);
                     return;
                   }
                   // After a time-out the daemon may only be slow: who executes there still has his
                   // 5 s.
                   if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
                     self->Forget(connection.get());
                   }
                   const auto tell = [self, status, connection, time,
                                      reaction](const std::string& words) {
                     reaction(self->Unreachable(WhyNoAnswer(status, *connection, words, time)));
                   };
                   if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
                     tell("ssh is still trying");
                   } else {
                     connection->Explain(status, tell);
                   }
                 });
}

void NodeLink::Forget(const Connection* connection) {
  std::shared_ptr<Connection> forgotten;  // ends after the lock
  const MutexLock lock(mutex_);
  if (connection_.get() == connection) forgotten = std::move(connection_);
}

}  // namespace muster
