// Whether a record that came from elsewhere can be one: nothing in it names a file, a line of a
// configuration or a process that it must not. Pure.
#pragma once

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

#include "provision/record.h"

namespace muster::provision {

// InvalidArgument: what is wrong, and of which node.
absl::Status CheckRecord(const ClusterRecord& cluster);
absl::Status CheckNodeRecord(const NodeRecord& node);
// InvalidArgument: lists and objects in each other, deeper than any record.
absl::Status CheckNesting(absl::string_view json);

}  // namespace muster::provision
