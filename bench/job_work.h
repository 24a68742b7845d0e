// JobWork: whole jobs through ClusterAPI: files to the first node of a configuration, and one
// command for many items. What comes out is compared with what is right. It lives in the driver's
// one thread.
#pragma once

#include <ClusterAPI.h>

#include <optional>
#include <string>

#include "bench/report.h"

namespace muster::bench {

class JobWork {
 public:
  // The file of the configuration; nothing is contacted.
  explicit JobWork(std::string configuration) : configuration_(std::move(configuration)) {}

  // A file or a tree to the node, under a new name there.
  Report Put(const std::string& source, const std::string& target);
  // So many items; each takes `milliseconds` of a processor's time in Python, and is squared.
  Report MapItems(int count, double milliseconds);

 private:
  // Connected at the first use, and kept.
  Result<ClusterAPI*> Cluster();

  const std::string configuration_;
  std::optional<ClusterAPI> cluster_;
};

}  // namespace muster::bench
