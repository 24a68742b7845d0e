#include "shell/absent_nodes.h"

#include <algorithm>

namespace muster::clustershell {

void SkipIfAbsent(Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::kUnreachable) outcome.kind = Outcome::Kind::kSkipped;
}

bool AreAllSkipped(const std::vector<Outcome>& outcomes) {
  return !outcomes.empty() &&
         std::all_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
           return outcome.kind == Outcome::Kind::kSkipped;
         });
}

}  // namespace muster::clustershell
