#include "shell/summary.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <utility>

#include "common/node_set.h"
#include "shell/exit_code.h"

namespace muster::clustershell {

std::string Summarize(const std::vector<Outcome>& outcomes) {
  std::size_t ok = 0;
  std::vector<std::pair<Outcome::Kind, std::vector<std::string>>> others;
  for (const Outcome& outcome : outcomes) {
    if (outcome.ok()) {
      ++ok;
      continue;
    }
    auto same = std::find_if(others.begin(), others.end(),
                             [&](const auto& entry) { return entry.first == outcome.kind; });
    if (same == others.end()) same = others.insert(same, {outcome.kind, {}});
    same->second.push_back(outcome.node);
  }
  std::string text = absl::StrCat(ok, " ok");
  for (const auto& [kind, nodes] : others) {
    absl::StrAppend(&text, ", ", nodes.size(), " ", absl::StrReplaceAll(word(kind), {{"_", " "}}),
                    " (", Fold(nodes), ")");
  }
  return text;
}

bool AreAllWell(const std::vector<Outcome>& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const Outcome& outcome) { return ExitOf(outcome) == kExitOk; });
}

}  // namespace muster::clustershell
