// What is refused before anything is sent: commands and options that no node could run. Pure
// functions.
#pragma once

#include <string>

#include "client/ClusterAPI.h"

namespace muster {

// Empty: it may be sent. Else why not, with the limit or the form that is valid.
std::string WhyNotOpen(const Terminal& terminal);
std::string WhyNotSend(const Command& command, const ExecuteOptions& options);

}  // namespace muster
