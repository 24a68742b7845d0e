#include "bench/cluster_work.h"

#include <cstring>
#include <deque>
#include <thread>
#include <utility>

namespace muster::bench {
namespace {

Report Wrong(const Outcome& outcome) {
  return Report::Failed(outcome.describe() + ", value '" + outcome.value().text().substr(0, 64) +
                        "'");
}

// Each byte is its neighbour: as quick as memory is.
bool IsAllX(const std::string& text, std::uint64_t bytes) {
  return text.size() == bytes && text.front() == 'x' &&
         std::memcmp(text.data(), text.data() + 1, text.size() - 1) == 0;
}

// What one client of a pipeline did.
struct Share {
  std::uint64_t verified = 0;
  std::optional<Report> failure;
};

struct Sent {
  Call call;
  std::string expected;
};

// Keeps the window full, and takes the oldest first.
void RunShare(ClusterAPI& cluster, const ClusterWork::Pipeline& pipeline, int number,
              Clock::time_point begin, Share& share) {
  std::deque<Sent> window;
  // No two clients send the same source.
  std::uint64_t next = static_cast<std::uint64_t>(number) << 40;
  bool sends = true;
  while (sends || !window.empty()) {
    while (sends && window.size() < static_cast<std::size_t>(pipeline.window)) {
      const std::uint64_t addend = pipeline.distinct ? next++ : 1;
      window.push_back(
          {cluster.execute(1, "1+" + std::to_string(addend)), std::to_string(addend + 1)});
      sends = SecondsSince(begin) < pipeline.seconds;
    }
    const Outcome& outcome = window.front().call.wait();
    if (!outcome.ok() || outcome.value().text() != window.front().expected) {
      share.failure = Wrong(outcome);
      return;
    }
    window.pop_front();
    ++share.verified;
    sends = sends && SecondsSince(begin) < pipeline.seconds;
  }
}

}  // namespace

Result<ClusterAPI*> ClusterWork::Cluster() {
  if (!cluster_) {
    Result<ClusterAPI> connected = ClusterAPI::connect("", configuration_);
    if (!connected.ok()) return connected.status();
    cluster_ = std::move(*connected);
  }
  return &*cluster_;
}

Report ClusterWork::RoundTrip(int count, const std::string& expected) {
  Result<ClusterAPI*> cluster = Cluster();
  if (!cluster.ok()) return Report::Failed(cluster.status().message());
  Latencies latencies(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    const Outcome outcome = (*cluster)->execute(1, "1+1").wait();
    latencies.Add(SecondsSince(begin));
    if (!outcome.ok() || outcome.value().text() != expected) return Wrong(outcome);
  }
  return latencies.ToReport();
}

Report ClusterWork::Program(int count) {
  Result<ClusterAPI*> cluster = Cluster();
  if (!cluster.ok()) return Report::Failed(cluster.status().message());
  Latencies latencies(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    const Outcome outcome = (*cluster)->execute(1, argv({"true"})).wait();
    latencies.Add(SecondsSince(begin));
    if (!outcome.ok()) return Wrong(outcome);
  }
  return latencies.ToReport();
}

Report ClusterWork::RunPipeline(const Pipeline& pipeline) {
  std::vector<ClusterAPI> clusters;
  for (int i = 0; i < pipeline.clients; ++i) {
    Result<ClusterAPI> connected = ClusterAPI::connect("", configuration_);
    if (!connected.ok()) return Report::Failed(connected.status().message());
    clusters.push_back(std::move(*connected));
    const Outcome warm = clusters.back().execute(1, "1+1").wait();
    if (!warm.ok()) return Wrong(warm);
  }
  std::vector<Share> shares(clusters.size());
  std::vector<std::thread> threads;
  const Clock::time_point begin = Clock::now();
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    threads.emplace_back(
        [&, i] { RunShare(clusters[i], pipeline, static_cast<int>(i), begin, shares[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = SecondsSince(begin);
  std::uint64_t verified = 0;
  for (const Share& share : shares) {
    if (share.failure) return *share.failure;
    verified += share.verified;
  }
  return Report()
      .Add("per_second", static_cast<double>(verified) / seconds)
      .Add("verified", static_cast<double>(verified));
}

Report ClusterWork::Value(std::uint64_t bytes) {
  Result<ClusterAPI*> cluster = Cluster();
  if (!cluster.ok()) return Report::Failed(cluster.status().message());
  const std::string source = "'x'*" + std::to_string(bytes);
  const Clock::time_point begin = Clock::now();
  const Outcome outcome = (*cluster)->execute(1, python(source, Command::Form::kStr)).wait();
  const double seconds = SecondsSince(begin);
  if (!outcome.ok() || !IsAllX(outcome.value().text(), bytes)) return Wrong(outcome);
  return Report()
      .Add("gigabytes_per_second", static_cast<double>(bytes) / seconds / 1e9)
      .Add("verified", 1);
}

Report ClusterWork::Check() {
  Result<ClusterAPI> connected = ClusterAPI::connect("", configuration_);
  if (!connected.ok()) return Report::Failed(connected.status().message());
  const Clock::time_point begin = Clock::now();
  const ClusterCheck check = connected->clustercheck();
  const double seconds = SecondsSince(begin);
  if (!check) return Report::Failed(check.nodes.front().reason);
  return Report().Add("check_us", seconds * 1e6).Add("verified", 1);
}

Report ClusterWork::Connections(int count) {
  idle_.clear();
  for (int i = 0; i < count; ++i) {
    Result<ClusterAPI> connected = ClusterAPI::connect("", configuration_);
    if (!connected.ok()) return Report::Failed(connected.status().message());
    const ClusterCheck check = connected->clustercheck();
    if (!check) return Report::Failed(check.nodes.front().reason);
    idle_.push_back(std::move(*connected));
  }
  return Report().Add("connections", count).Add("verified", count);
}

}  // namespace muster::bench
