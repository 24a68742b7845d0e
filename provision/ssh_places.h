// SshPlaces: which node has which host: as many nodes of a cluster as the host is listed times.
// Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "provision/cloud_provider.h"

namespace muster::provision {

class SshPlaces {
 public:
  // The hosts by name, as listed.
  explicit SshPlaces(std::vector<std::string> hosts) : hosts_(std::move(hosts)) {}

  // The first host that has a place for the node of the order, and is none of `without`; taken
  // until Free is called. Empty: there is none.
  std::optional<std::string> Take(const StartOrder& order, const std::set<std::string>& without)
      MUSTER_EXCLUDES(mutex_);
  void Free(const std::string& label) MUSTER_EXCLUDES(mutex_);

 private:
  const std::vector<std::string> hosts_;
  Mutex mutex_;
  std::map<std::string, std::string> taken_ MUSTER_GUARDED_BY(mutex_);  // host by label
};

}  // namespace muster::provision
