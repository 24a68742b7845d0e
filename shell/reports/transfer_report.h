// How a transfer that has ended is told: what could not be copied, and how it ended; or all of that
// as lines of JSON (docs/output.md has the form). Main thread.
#pragma once

#include "client/ClusterAPI.h"
#include "shell/output.h"

namespace muster::clustershell {

void TellTransfer(const Transfer& transfer, const Outcome& outcome, bool as_json, Output& output);

}  // namespace muster::clustershell
