// The library's own errors, as its users see them. Pure.
#pragma once

#include <absl/status/status.h>

#include "client/ClusterAPI.h"

namespace muster {

Status ToPublic(const absl::Status& status);

}  // namespace muster
