// Work on many nodes with a bound on how much is done at once.
#pragma once

#include <cstddef>
#include <functional>

namespace muster::provision {

// Calls `work` for 0…count-1, `bound` at once, each on some thread of its own; returns when all
// that was begun has ended. The thread that called asks `goes_on` every 100 ms (null: yes); once it
// says no nothing new is begun.
void ForEachBounded(std::size_t count, std::size_t bound,
                    const std::function<void(std::size_t)>& work,
                    const std::function<bool()>& goes_on);

// How many at once, when nobody says: 4 for each core, 64 at most.
std::size_t DefaultBound();

}  // namespace muster::provision
