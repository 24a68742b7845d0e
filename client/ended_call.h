// Calls that ended before they were sent.
#pragma once

#include <string>

#include "client/ClusterAPI.h"

namespace muster {

Call EndedCall(Outcome::Kind kind, const std::string& node, std::string why_not);
Call RefusedCall(const std::string& node, std::string why_not);

}  // namespace muster
