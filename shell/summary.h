// How the outcomes of one line are told. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

// "2 ok, 1 failed (n3), 2 timed out (n4,n5)": in the order in which the kinds first come, ok first.
std::string Summarize(const std::vector<Outcome>& outcomes);

// Whether there is nothing to tell: all are ok, or were skipped.
bool AreAllWell(const std::vector<Outcome>& outcomes);

}  // namespace muster::clustershell
