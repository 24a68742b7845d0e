#include "server/service/starvation_guard.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <atomic>

namespace muster::server {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kBetweenQuestions{500};
constexpr milliseconds kBetweenLooks{50};
constexpr milliseconds kTooLong{1500};
// Of the time of one processor, and of the looks.
constexpr double kBusy = 0.5;
constexpr double kNearlyAlways = 0.8;

std::chrono::nanoseconds OwnTime() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

// Outlives the guard's interest in it.
struct StarvationGuard::Question {
  grpc::ClientContext context;
  v1::DescribeRequest request;
  v1::DescribeResponse response;
  std::atomic<bool> is_answered{false};
  std::atomic<bool> has_failed{false};
};

void StarvationGuard::Start() {
  Connect();  // now, so that it does not fail for want of descriptors later
  thread_ = std::thread([this] { Run(); });
}

void StarvationGuard::Stop() {
  if (!thread_.joinable()) return;
  connections_.WakeUp();
  thread_.join();
}

void StarvationGuard::Run() {
  do {
    connections_.WaitForOne();
  } while (connections_.Pause(kBetweenQuestions) && AskOnce());
  stub_.reset();
}

void StarvationGuard::Connect() {
  UniqueFd connection = connect_();
  if (!connection.IsOpen()) return;
  stub_ = v1::Node::NewStub(grpc::CreateInsecureChannelFromFd("clusterd", connection.Release()));
}

bool StarvationGuard::AskOnce() {
  if (stub_ == nullptr) Connect();
  if (stub_ == nullptr) return true;
  looks_ = 0;
  waiting_.clear();
  const auto begin = Clock::now();
  const auto own_time = OwnTime();
  const auto question = std::make_shared<Question>();
  stub_->async()->Describe(&question->context, &question->request, &question->response,
                           [question](const grpc::Status& status) {
                             question->has_failed = !status.ok();
                             question->is_answered = true;
                           });
  while (!question->is_answered && Clock::now() < begin + kTooLong) {
    if (!connections_.Pause(kBetweenLooks)) {
      question->context.TryCancel();
      return false;
    }
    Look();
  }
  if (!question->is_answered) {
    question->context.TryCancel();
    CutWorst(OwnTime() - own_time);
  } else if (question->has_failed) {
    stub_.reset();  // the connection broke
  }
  return true;
}

void StarvationGuard::Look() {
  ++looks_;
  for (const ConnectionTable::Unread& each : connections_.LookAtUnread()) {
    if (each.bytes > 0) ++waiting_[each.id];
  }
}

void StarvationGuard::CutWorst(std::chrono::nanoseconds busy) {
  if (busy < kTooLong * kBusy) return;
  const auto worst = std::max_element(
      waiting_.begin(), waiting_.end(),
      [](const auto& one, const auto& other) { return one.second < other.second; });
  if (worst == waiting_.end() || worst->second < looks_ * kNearlyAlways) return;
  const auto cut = connections_.CutOff(worst->first);
  if (!cut) return;
  spdlog::warn(
      "cut a connection of uid {} (process {}, {} s old): this daemon answered nobody for {} ms, "
      "and what came in there was waiting all that time",
      cut->peer.uid, cut->peer.pid,
      std::chrono::duration_cast<std::chrono::seconds>(cut->age).count(), kTooLong.count());
}

}  // namespace muster::server
