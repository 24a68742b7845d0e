// Transfer: the node's end of `put` and `get`: the body of a child whose launch is of kFiles. It
// has the rights, limits and control group of any job of its user, speaks records (files/record.h)
// over its standard input and output, and execs nothing. Runs in the child only.
#pragma once

#include "server/spawner/child.h"
#include "server/spawner/launch_request.h"

namespace muster::server {

// What the process is called (PR_SET_NAME).
inline constexpr char kTransferName[] = "transfer";

// Exits with 0 when everything was copied, with 1 when something was not; which is said in records.
[[noreturn]] void RunTransfer(const LaunchRequest& request, const StartStatus& status);

}  // namespace muster::server
