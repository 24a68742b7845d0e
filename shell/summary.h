// How the outcomes of one line are told. Pure; thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

// "2 ok, 1 failed: n3 exit 2, 2 timed out: n[4-5], 0.4 s": ok first, then the others in the order
// in which the kinds first come.
std::string Summarize(const std::vector<Outcome>& outcomes, std::chrono::milliseconds elapsed);

// Whether there is nothing to tell: all are ok, or were skipped.
bool AreAllWell(const std::vector<Outcome>& outcomes);

}  // namespace muster::clustershell
