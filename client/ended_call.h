// Calls that ended before they were sent.
#pragma once

#include <memory>
#include <string>

#include "client/ClusterAPI.h"
#include "client/call_state.h"

namespace muster {

std::shared_ptr<Call::State> EndedState(Outcome::Kind kind, const std::string& node,
                                        std::string why_not);
Call EndedCall(Outcome::Kind kind, const std::string& node, std::string why_not);
Call RefusedCall(const std::string& node, std::string why_not);

}  // namespace muster
