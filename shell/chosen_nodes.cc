#include "shell/chosen_nodes.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/node_set.h"
#include "common/target_expression.h"
#include "common/words.h"
#include "shell/cluster_records.h"
#include "shell/hook_targets.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

using Kind = TargetTerm::Kind;

int ExitOf(StatusCode code) {
  switch (code) {
    case StatusCode::kNotFound:
      return kExitNoMatch;
    case StatusCode::kUnavailable:
      return kExitUnreachable;
    default:
      return kExitUsage;
  }
}

// Folded, of those that -l means nothing to; empty: there are none, or there is no -l.
std::string NotBySsh(const std::vector<Node>& nodes, const Shell& shell) {
  std::vector<std::string> others;
  if (shell.defaults().login_user.empty()) return "";
  for (const Node& node : nodes) {
    if (!absl::StartsWith(node.address, "ssh:")) others.push_back(node.name);
  }
  return others.empty() ? "" : Fold(others);
}

// Its terms; none when it is written wrong, which its evaluation says.
std::vector<TargetTerm> TermsOf(const std::string& target) {
  const auto expression = TargetExpression::Parse(MarkedText("target", target));
  return expression.ok() ? expression->terms() : std::vector<TargetTerm>();
}

bool HasNumber(const std::vector<TargetTerm>& terms) {
  return std::any_of(terms.begin(), terms.end(),
                     [](const TargetTerm& term) { return term.kind == Kind::kIndex; });
}

ChosenNodes Wrong(Shell& shell, absl::string_view why, int exit_code) {
  shell.output().Note(why);
  ChosenNodes chosen;
  chosen.exit_code = exit_code;
  return chosen;
}

// The other cluster that the target names, by its name alone or by cluster=NAME in front; empty: it
// names none. What the current one has goes first.
std::string OtherClusterOf(ClusterView& view, const std::string& target) {
  std::string name = target;
  bool is_alone = true;
  if (absl::StartsWith(target, "cluster=")) {
    const std::vector<TargetTerm> terms = TermsOf(target);
    if (terms.empty()) return "";
    constexpr std::size_t kBehind = sizeof "cluster=" - 1;
    name = target.substr(kBehind, terms.front().end - kBehind);
    is_alone = false;
  }
  const std::vector<std::string> others = view.OtherClusters();
  if (std::find(others.begin(), others.end(), name) == others.end()) return "";
  const bool is_here = std::any_of(view.nodes().begin(), view.nodes().end(), [&](const Node& node) {
    return node.member_of == name || (is_alone && node.name == name);
  });
  return is_here ? "" : name;
}

// Numbers of a table of another cluster mean nodes of that one.
void TurnToShown(ClusterView& view) {
  const std::vector<Node>& shown = view.shown().nodes();
  if (!view.IsTableOfOther() || shown.empty() || shown.front().cluster == view.ClusterName())
    return;
  const std::string cluster = shown.front().cluster;
  const std::vector<std::string> others = view.OtherClusters();
  // One that is gone is told as nodes that are.
  if (std::find(others.begin(), others.end(), cluster) == others.end()) return;
  static_cast<void>(view.TurnTo(cluster).ok());
}

ChosenNodes NoCluster(Shell& shell) {
  const Result<ClusterAPI> none = ClusterAPI::connect("", shell.settings().named);
  return Wrong(shell,
               none.ok() ? "there are no nodes yet"
                         : absl::StrCat("clustershell: ", none.status().message()),
               kExitUsage);
}

// What the target meant when the last table was shown, if the person wants that.
ChosenNodes ChooseShown(Shell& shell, const std::string& target) {
  ClusterView& view = shell.view();
  const std::string difference = DifferenceOf(view.shown().nodes(), shell.nodes());
  const Result<std::vector<Node>> meant = view.shown().nodes(Target(target));
  if (!meant.ok()) {
    return Wrong(shell,
                 absl::StrCat("the nodes are others than in the last table (", difference,
                              "), by which numbers count; there: ", meant.status().message()),
                 ExitOf(meant.status().code()));
  }
  std::vector<std::string> gone;
  ChosenNodes chosen;
  for (const Node& node : *meant) {
    const Node* now = view.Find(node);
    if (now == nullptr) {
      gone.push_back(node.name);
    } else {
      chosen.nodes.push_back(*now);
    }
  }
  const std::string why = absl::StrCat("the nodes are others than in the last table: ", difference,
                                       "; there ", target, " was ", NamesOf(*meant));
  if (!gone.empty()) {
    return Wrong(
        shell,
        absl::StrCat(why, ", and ", Fold(gone), gone.size() == 1 ? " is" : " are",
                     " not configured any more; nothing was done; `show` gives new numbers"),
        kExitNoMatch);
  }
  if (Confirm(shell, why, absl::StrCat("go on with ", NamesOf(*meant), "?"))) return chosen;
  chosen.nodes.clear();
  chosen.exit_code = kExitUsage;
  return chosen;
}

// Takes out what is not in the working set. Whoever names a node outside of it by itself is told:
// that a target quietly becomes fewer nodes would be a surprise.
ChosenNodes InWorkingSet(Shell& shell, ChosenNodes chosen, const std::string& target,
                         const std::vector<TargetTerm>& terms) {
  ClusterView& view = shell.view();
  const std::string hint = absl::StrCat("the working set ", view.used(), " (",
                                        NamesOf(view.UsedNodes()), "); `use *` takes all nodes");
  for (const TargetTerm& term : terms) {
    const bool names_them =
        term.kind == Kind::kIndex || (term.kind == Kind::kNames && !term.names.has_glob());
    if (!names_them || term.with != TargetTerm::Operator::kUnion) continue;
    const std::string word = target.substr(term.begin, term.end - term.begin);
    ClusterAPI& cluster = term.kind == Kind::kIndex ? view.shown() : shell.cluster();
    const Result<std::vector<Node>> named = cluster.nodes(Target(word));
    if (!named.ok()) continue;
    for (const Node& node : *named) {
      if (view.IsUsed(node)) continue;
      return Wrong(shell, absl::StrCat("target '", target, "': ", node.name, " is not in ", hint),
                   kExitNoMatch);
    }
  }
  chosen.nodes.erase(std::remove_if(chosen.nodes.begin(), chosen.nodes.end(),
                                    [&](const Node& node) { return !view.IsUsed(node); }),
                     chosen.nodes.end());
  if (!chosen.nodes.empty()) return chosen;
  return Wrong(shell, absl::StrCat("target '", target, "': none of its nodes is in ", hint),
               kExitNoMatch);
}

}  // namespace

std::string NamesOf(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node& node : nodes) names.push_back(node.name);
  return Fold(std::move(names));
}

std::string TurnToCluster(Shell& shell, absl::string_view target) {
  std::string text = target.empty() ? "*" : std::string(target);
  ClusterView& view = shell.view();
  const bool is_this = text == view.ClusterName() &&
                       std::none_of(view.nodes().begin(), view.nodes().end(),
                                    [&](const Node& node) { return node.name == text; });
  if (is_this) return "*";
  const std::string cluster = OtherClusterOf(view, text);
  // What is wrong with it is said by whoever looks for it in the cluster of before.
  if (cluster.empty() || !view.TurnTo(cluster).ok()) return text;
  return text == cluster ? "*" : text;
}

ChosenNodes ChooseNodes(Shell& shell, absl::string_view target) {
  ClusterView& view = shell.view();
  const std::string typed = TurnToCluster(shell, target);
  const absl::StatusOr<std::string> selected = WithHookFields(shell, typed);
  if (!selected.ok()) return Wrong(shell, selected.status().message(), kExitNoMatch);
  const std::string& text = *selected;
  const bool is_template = shell.nodes().empty() && IsTemplate(shell, text);
  if (is_template) return Wrong(shell, NotStarted(text), kExitNoMatch);
  if (shell.nodes().empty()) return NoCluster(shell);
  if (HasNumber(TermsOf(text))) TurnToShown(view);
  const bool is_plain = !view.AreNumbersOld() && view.used().empty();
  const std::vector<TargetTerm> terms = is_plain ? std::vector<TargetTerm>() : TermsOf(text);
  ChosenNodes chosen;
  if (view.AreNumbersOld() && HasNumber(terms)) {
    chosen = ChooseShown(shell, text);
  } else {
    Result<std::vector<Node>> nodes = shell.cluster().nodes(Target(text));
    if (!nodes.ok() && IsTemplate(shell, text)) {
      return Wrong(shell, NotStarted(text), kExitNoMatch);
    }
    if (!nodes.ok()) return Wrong(shell, nodes.status().message(), ExitOf(nodes.status().code()));
    chosen.nodes = *std::move(nodes);
  }
  if (const std::string others = NotBySsh(chosen.nodes, shell); !others.empty()) {
    return Wrong(shell,
                 absl::StrCat(others, ": --user ", shell.defaults().login_user,
                              " is for ssh addresses, and this is a Unix socket, behind which the "
                              "daemon's own configuration says as whom commands run; leave it out, "
                              "or name other nodes"),
                 kExitUsage);
  }
  if (chosen.nodes.empty() || view.used().empty()) return chosen;
  return InWorkingSet(shell, std::move(chosen), text, terms);
}

std::pair<absl::string_view, absl::string_view> SplitTarget(absl::string_view line) {
  line = StripBlanks(line);
  const std::size_t end = EndOfTarget(line);
  return {line.substr(0, end), StripBlanks(line.substr(end))};
}

}  // namespace muster::clustershell
