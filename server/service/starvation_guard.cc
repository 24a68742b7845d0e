#include "server/service/starvation_guard.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <atomic>
#include <utility>

#include "server/service/task_probe.h"

namespace muster::server {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kBetweenQuestions{250};
constexpr milliseconds kBetweenLooks{50};
#if defined(__SANITIZE_THREAD__)
constexpr milliseconds kTooLong{10000};  // all that the daemon does takes a multiple of the time
#else
constexpr milliseconds kTooLong{1000};
#endif
// For gRPC to forget what a cut connection had asked for.
constexpr milliseconds kToForget{3000};
// Of the time of one processor. One of twenty programs that all want it gets that much.
constexpr double kBusy = 0.05;
// Of the looks that there is time for.
constexpr double kCouldLook = 0.5;
// Of the looks there were.
constexpr double kNearlyAlways = 0.95;
constexpr double kNowAndThen = 0.05;

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
  std::atomic<int> waiting{0};  // for how many answers
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
  auto before = OwnTime();
  for (;;) {
    connections_.WaitForOne();
    if (!connections_.Pause(kBetweenQuestions)) break;
    // Who keeps others waiting keeps the daemon busy.
    const auto now = OwnTime();
    if (now - std::exchange(before, now) < kBetweenQuestions * kBusy) continue;
    if (!AskOnce()) break;
    before = OwnTime();
  }
  if (question_ != nullptr) question_->context.TryCancel();
  stub_.reset();
}

void StarvationGuard::Connect() {
  UniqueFd connection = connect_();
  if (!connection.IsOpen()) return;
  stub_ = v1::Node::NewStub(grpc::CreateInsecureChannelFromFd("clusterd", connection.Release()));
}

void StarvationGuard::Ask() {
  if (question_ != nullptr && question_->has_failed) stub_.reset();  // the connection broke
  if (stub_ == nullptr) Connect();
  const auto question = question_ = std::make_shared<Question>();
  question->waiting = TaskProbe::kTasks + (stub_ == nullptr ? 0 : 1);
  TaskProbe::Send([question] { --question->waiting; });
  if (stub_ == nullptr) return;
  stub_->async()->Describe(&question->context, &question->request, &question->response,
                           [question](const grpc::Status& status) {
                             question->has_failed =
                                 !status.ok() && status.error_code() != grpc::CANCELLED;
                             --question->waiting;
                           });
}

bool StarvationGuard::AskOnce() {
  // Tasks that still wait are not asked for again and again.
  if (question_ == nullptr || question_->waiting == 0) Ask();
  looks_ = 0;
  senders_.clear();
  const auto own_time = OwnTime();
  if (!WatchFor(kTooLong)) return false;
  if (question_->waiting == 0) return true;
  question_->context.TryCancel();
  return !CutWorst(OwnTime() - own_time) || WatchFor(kToForget);
}

bool StarvationGuard::WatchFor(milliseconds time) {
  const auto end = Clock::now() + time;
  while (question_->waiting > 0 && Clock::now() < end) {
    if (!connections_.Pause(kBetweenLooks)) return false;
    Look();
  }
  return true;
}

void StarvationGuard::Look() {
  ++looks_;
  for (const ConnectionTable::Unread& each : connections_.LookAtUnread()) {
    Sender& sender = senders_[each.id];
    if (each.bytes > 0) ++sender.waiting;
    if (each.bytes < sender.bytes) ++sender.read;
    sender.bytes = each.bytes;
  }
}

bool StarvationGuard::CutWorst(std::chrono::nanoseconds busy) {
  if (busy < kTooLong * kBusy || looks_ < kTooLong / kBetweenLooks * kCouldLook) return false;
  auto worst = senders_.end();
  for (auto it = senders_.begin(); it != senders_.end(); ++it) {
    const Sender& sender = it->second;
    if (sender.waiting < looks_ * kNearlyAlways || sender.read < looks_ * kNowAndThen) continue;
    // The youngest of equals: ids only grow.
    if (worst == senders_.end() || sender.waiting >= worst->second.waiting) worst = it;
  }
  if (worst == senders_.end()) return false;
  const auto cut = connections_.CutOff(worst->first);
  if (!cut) return false;
  spdlog::warn(
      "cut a connection of uid {} (process {}, {} s old): this daemon kept others waiting for {} "
      "ms, and had not read all that came in there at {} of {} looks",
      cut->peer.uid, cut->peer.pid,
      std::chrono::duration_cast<std::chrono::seconds>(cut->age).count(), kTooLong.count(),
      worst->second.waiting, looks_);
  return true;
}

}  // namespace muster::server
