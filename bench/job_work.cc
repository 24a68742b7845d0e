#include "bench/job_work.h"

#include <utility>
#include <vector>

namespace muster::bench {

Result<ClusterAPI*> JobWork::Cluster() {
  if (!cluster_) {
    Result<ClusterAPI> connected = ClusterAPI::connect("", configuration_);
    if (!connected.ok()) return connected.status();
    cluster_ = std::move(*connected);
  }
  return &*cluster_;
}

Report JobWork::Put(const std::string& source, const std::string& target) {
  const Result<ClusterAPI*> cluster = Cluster();
  if (!cluster.ok()) return Report::Failed(cluster.status().message());
  const Clock::time_point begin = Clock::now();
  const Transfer transfer = (*cluster)->put(1, {source}, target);
  const Outcome& outcome = transfer.wait();
  const double seconds = SecondsSince(begin);
  if (!outcome.ok()) return Report::Failed(outcome.describe());
  const TransferProgress progress = transfer.progress();
  return Report()
      .Add("seconds", seconds)
      .Add("gigabytes_per_second", static_cast<double>(progress.bytes) / seconds / 1e9)
      .Add("files_per_second", static_cast<double>(progress.files) / seconds)
      .Add("files", static_cast<double>(progress.files));
}

Report JobWork::MapItems(int count, double milliseconds) {
  const Result<ClusterAPI*> cluster = Cluster();
  if (!cluster.ok()) return Report::Failed(cluster.status().message());
  std::vector<Item> items;
  for (int i = 0; i < count; ++i) items.emplace_back(i);
  const std::string source =
      "import time\n"
      "end = time.thread_time() + " +
      std::to_string(milliseconds / 1e3) +
      "\n"
      "while time.thread_time() < end: pass\n"
      "{} ** 2";
  const Clock::time_point begin = Clock::now();
  int verified = 0;
  for (const MapResult& result : (*cluster)->map(source, items)) {
    const std::string square =
        std::to_string(static_cast<std::uint64_t>(result.index) * result.index);
    if (!result.outcome.ok() || result.outcome.value().text() != square) {
      return Report::Failed(result.outcome.describe());
    }
    ++verified;
  }
  if (verified != count) return Report::Failed("map brought " + std::to_string(verified));
  return Report()
      .Add("per_second", count / SecondsSince(begin))
      .Add("verified", static_cast<double>(verified));
}

}  // namespace muster::bench
