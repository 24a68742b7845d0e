// What is refused before anything is sent: commands and options that no node could run. Pure
// functions.
#pragma once

#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster {

// Empty: it may be sent. Else why not, with the limit or the form that is valid.
std::string WhyNotOpen(const Terminal& terminal);
std::string WhyNotExecute(const ExecuteOptions& options);
std::string WhyNotInteract(const ExecuteOptions& options);
std::string WhyNotSend(const Command& command, const ExecuteOptions& options);
std::string WhyNotSession(const std::string& name);
// `paths`: on the node.
std::string WhyNotTransfer(const std::vector<std::string>& paths, const TransferOptions& options);

}  // namespace muster
