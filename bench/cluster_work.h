// ClusterWork: what is measured through ClusterAPI, on the first node of a configuration. Every
// value is compared with the one that is right; the first wrong one ends the work with an error.
// It lives in the driver's one thread.
#pragma once

#include <ClusterAPI.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/report.h"

namespace muster::bench {

class ClusterWork {
 public:
  // The file of the configuration; nothing is contacted.
  explicit ClusterWork(std::string configuration) : configuration_(std::move(configuration)) {}

  // `1+1`, one after the other. `expected` is "2", but for who wants to see it fail.
  Report RoundTrip(int count, const std::string& expected);
  // The program `true`, one after the other.
  Report Program(int count);

  struct Pipeline {
    double seconds = 1;    // how long new ones are sent
    int window = 256;      // in flight for each client
    int clients = 1;       // handles of ClusterAPI, each in a thread
    bool distinct = true;  // "1+0", "1+1", …; else always "1+1"
  };
  Report RunPipeline(const Pipeline& pipeline);

  // One value of so many bytes.
  Report Value(std::uint64_t bytes);
  // The first answer of the node to a handle that never spoke with it.
  Report Check();
  // So many handles that were answered and are kept; those of before go.
  Report Connections(int count);

 private:
  // Connected at the first use, and kept.
  Result<ClusterAPI*> Cluster();

  const std::string configuration_;
  std::optional<ClusterAPI> cluster_;
  std::vector<ClusterAPI> idle_;
};

}  // namespace muster::bench
