#include "client/cluster_check.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "client/wire.h"
#include "common/mutex.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);
// After the deadline of the rpcs, for their ends to arrive here.
constexpr std::chrono::milliseconds kMargin(100);

// The answers as they come; lives until the last one, however late. Thread-safe.
class Gathering {
 public:
  explicit Gathering(const std::vector<Node>& nodes) : left_(nodes.size()) {
    for (const Node& node : nodes) {
      NodeCheck check;
      check.node = node;
      answers_.push_back(std::move(check));
      has_answered_.push_back(false);
    }
  }

  void Take(std::size_t index, const absl::StatusOr<v1::DescribeResponse>& response,
            std::chrono::microseconds latency) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (has_answered_[index]) return;
    NodeCheck& answer = answers_[index];
    if (response.ok()) {
      answer = wire::ToCheck(answer.node, *response);
    } else {
      answer.reason = std::string(response.status().message());
      if (!answer.node.state.empty()) answer.state = answer.node.state;
    }
    answer.latency = latency;
    has_answered_[index] = true;
    if (--left_ == 0) all_.NotifyAll();
  }

  ClusterCheck WaitUntil(std::chrono::steady_clock::time_point deadline,
                         std::chrono::milliseconds timeout) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (left_ > 0 && all_.WaitUntil(mutex_, deadline)) {
    }
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (has_answered_[i]) continue;
      answers_[i].reason =
          absl::StrCat("no answer from ", answers_[i].node.name, " at ", answers_[i].node.address,
                       " within ", timeout.count(), " ms");
      has_answered_[i] = true;  // what comes later is too late
    }
    return {answers_};
  }

 private:
  Mutex mutex_;
  CondVar all_;
  std::vector<NodeCheck> answers_ MUSTER_GUARDED_BY(mutex_);
  std::vector<bool> has_answered_ MUSTER_GUARDED_BY(mutex_);
  std::size_t left_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace

ClusterCheck CheckNodes(const std::vector<Node>& nodes,
                        const std::vector<std::shared_ptr<NodeLink>>& links,
                        std::chrono::milliseconds timeout, bool with_usage) {
  timeout = std::clamp(timeout, std::chrono::milliseconds(0), kLongest);
  const auto begin = std::chrono::steady_clock::now();
  const auto gathering = std::make_shared<Gathering>(nodes);
  v1::DescribeRequest request;
  request.set_usage(with_usage);
  for (std::size_t i = 0; i < links.size(); ++i) {
    const auto asked = std::chrono::steady_clock::now();
    links[i]->Describe(request, begin + timeout,
                       [gathering, i, asked](const absl::StatusOr<v1::DescribeResponse>& response) {
                         gathering->Take(i, response,
                                         std::chrono::duration_cast<std::chrono::microseconds>(
                                             std::chrono::steady_clock::now() - asked));
                       });
  }
  return gathering->WaitUntil(begin + timeout + kMargin, timeout);
}

}  // namespace muster
