#include "shell/chosen_nodes.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <string>

#include "common/node_set.h"
#include "common/target_expression.h"
#include "common/words.h"

namespace muster::clustershell {
namespace {

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

}  // namespace

ChosenNodes ChooseNodes(Shell& shell, absl::string_view target) {
  ChosenNodes chosen;
  Result<std::vector<Node>> nodes =
      shell.cluster().nodes(Target(target.empty() ? "*" : std::string(target)));
  if (nodes.ok()) {
    chosen.nodes = *std::move(nodes);
    if (const std::string others = NotBySsh(chosen.nodes, shell); !others.empty()) {
      shell.output().Note(absl::StrCat(
          others, ": --user ", shell.defaults().login_user,
          " is for ssh addresses, and this is a Unix socket, behind which the daemon's own "
          "configuration says as whom commands run; leave it out, or name other nodes"));
      chosen.nodes.clear();
      chosen.exit_code = kExitUsage;
    }
  } else {
    shell.output().Note(nodes.status().message());
    chosen.exit_code = ExitOf(nodes.status().code());
  }
  return chosen;
}

std::pair<absl::string_view, absl::string_view> SplitTarget(absl::string_view line) {
  line = StripBlanks(line);
  const std::size_t end = EndOfTarget(line);
  return {line.substr(0, end), StripBlanks(line.substr(end))};
}

}  // namespace muster::clustershell
