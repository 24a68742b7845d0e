#include "shell/chosen_nodes.h"

#include <string>

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

}  // namespace

ChosenNodes ChooseNodes(Shell& shell, absl::string_view target) {
  ChosenNodes chosen;
  Result<std::vector<Node>> nodes =
      shell.cluster().nodes(Target(target.empty() ? "*" : std::string(target)));
  if (nodes.ok()) {
    chosen.nodes = *std::move(nodes);
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
