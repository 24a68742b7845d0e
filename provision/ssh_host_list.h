// The hosts of an ssh provider, as its settings name them. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "common/address.h"

namespace muster::provision {

// `[user@]host[:port]`, several separated by commas or blanks; a host may be a pattern of node
// sets, as web[1-4], and may be there more than once. InvalidArgument: what is wrong, in which one.
absl::StatusOr<std::vector<Address>> ParseHosts(const std::string& text);

}  // namespace muster::provision
