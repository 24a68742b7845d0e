#include "shell/summary.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <utility>

#include "common/node_set.h"
#include "common/quantity.h"
#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

// What outcomes of one kind may differ in: "exit 2", "ZeroDivisionError", "signal 9".
std::string DetailOf(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::kSignalled) return absl::StrCat("signal ", outcome.signal);
  if (outcome.kind != Outcome::Kind::kFailed) return "";
  if (outcome.exception) return outcome.exception->type;
  return outcome.exit_code == 0 ? "" : absl::StrCat("exit ", outcome.exit_code);
}

// Nodes that ended alike.
struct Group {
  std::string detail;
  std::vector<std::string> nodes;
};

struct Kind {
  Outcome::Kind kind;
  std::size_t count = 0;
  std::vector<Group> groups;
};

template <typename Entries, typename Is, typename New>
auto& FindOrAdd(Entries& entries, const Is& is, const New& fresh) {
  const auto found = std::find_if(entries.begin(), entries.end(), is);
  return found == entries.end() ? entries.emplace_back(fresh) : *found;
}

std::string ToText(const std::vector<Group>& groups) {
  constexpr std::size_t kMostGroups = 8;
  std::vector<std::string> texts;
  for (const Group& group : groups) {
    if (texts.size() == kMostGroups) {
      texts.push_back("…");
      break;
    }
    texts.push_back(absl::StrCat(Fold(group.nodes), group.detail.empty() ? "" : " ", group.detail));
  }
  return absl::StrJoin(texts, ", ");
}

}  // namespace

std::string Summarize(const std::vector<Outcome>& outcomes, std::chrono::milliseconds elapsed) {
  std::size_t ok = 0;
  std::vector<Kind> kinds;
  for (const Outcome& outcome : outcomes) {
    if (outcome.ok()) {
      ++ok;
      continue;
    }
    Kind& kind = FindOrAdd(
        kinds, [&](const Kind& known) { return known.kind == outcome.kind; },
        Kind{outcome.kind, 0, {}});
    ++kind.count;
    const std::string detail = DetailOf(outcome);
    FindOrAdd(
        kind.groups, [&](const Group& known) { return known.detail == detail; }, Group{detail, {}})
        .nodes.push_back(outcome.node);
  }
  std::string text = absl::StrCat(ok, " ok");
  for (const Kind& kind : kinds) {
    absl::StrAppend(&text, ", ", kind.count, " ",
                    absl::StrReplaceAll(word(kind.kind), {{"_", " "}}), ": ", ToText(kind.groups));
  }
  return absl::StrCat(text, ", ", FormatDuration(elapsed));
}

bool AreAllWell(const std::vector<Outcome>& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const Outcome& outcome) { return ExitOf(outcome) == kExitOk; });
}

}  // namespace muster::clustershell
