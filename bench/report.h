// Report: what one work measured, as the driver tells it: names and numbers on one line. Plain
// data.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace muster::bench {

using Clock = std::chrono::steady_clock;

inline double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Report {
  std::vector<std::pair<std::string, double>> numbers;
  std::string error;  // not empty: nothing else counts

  Report& Add(std::string name, double number) {
    numbers.emplace_back(std::move(name), number);
    return *this;
  }
  static Report Failed(std::string why) {
    Report report;
    report.error = std::move(why);
    return report;
  }
};

// How long single pieces of work took, one after the other.
class Latencies {
 public:
  explicit Latencies(std::size_t count) { seconds_.reserve(count); }
  void Add(double seconds) { seconds_.push_back(seconds); }

  // In microseconds: the median and the 99th percentile; `verified`, as none is added otherwise.
  Report ToReport() {
    std::sort(seconds_.begin(), seconds_.end());
    return Report()
        .Add("p50_us", At(0.5) * 1e6)
        .Add("p99_us", At(0.99) * 1e6)
        .Add("verified", static_cast<double>(seconds_.size()));
  }

 private:
  double At(double share) const {
    if (seconds_.empty()) return 0;
    return seconds_[static_cast<std::size_t>(share * static_cast<double>(seconds_.size() - 1))];
  }

  std::vector<double> seconds_;
};

}  // namespace muster::bench
