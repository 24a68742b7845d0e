// SetupMarks: what was run on an instance already, so that a second setup changes nothing: a small
// file for each node in the folder of Muster's state. Another instance of the node has none. One
// thread.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <map>
#include <string>

#include "provision/record.h"

namespace muster::provision {

class SetupMarks {
 public:
  static absl::StatusOr<SetupMarks> Of(const std::string& cluster, const NodeRecord& node);
  // All of the cluster.
  static absl::Status Forget(const std::string& cluster);

  // Whether the step ran with this content.
  bool Has(const std::string& step, const std::string& digest) const;
  // Kept when it returns.
  absl::Status Add(const std::string& step, const std::string& digest);

 private:
  std::string path_;
  std::string label_;
  std::map<std::string, std::string> digests_;  // by step
};

// 16 hexadecimal digits; different texts have different ones but by a rare accident.
std::string DigestOf(const std::string& text);

}  // namespace muster::provision
