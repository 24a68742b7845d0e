// Records as JSON, for the repositories, export and import. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "provision/record.h"

namespace muster::provision {

// One object with "version": 1, in UTF-8; the same record gives the same text.
std::string ToJson(const ClusterRecord& cluster, int indent = -1);
std::string ToJson(const NodeRecord& node);
// InvalidArgument: it is not what ToJson gives, and where; FailedPrecondition: of a newer version.
// Keys that are not known are left out.
absl::StatusOr<ClusterRecord> ClusterFromJson(const std::string& text);
// Not checked as a record is (provision/record_check.h): it may be one that has no name yet.
absl::StatusOr<NodeRecord> NodeFromJson(const std::string& text);

}  // namespace muster::provision
