// Nodes that a command leaves out because they are not there: `@` and `@*` take those that run.
// Nobody is asked first: the command goes to all nodes at once, and one that could not be reached,
// or takes nothing new, had nothing of it. Pure; thread-safe.
#pragma once

#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

// Makes the outcome of such a node "skipped", with the reason; leaves every other alone.
void SkipIfAbsent(Outcome& outcome);

// Whether no node was left. Then nothing ran, and that is no success.
bool AreAllSkipped(const std::vector<Outcome>& outcomes);

}  // namespace muster::clustershell
