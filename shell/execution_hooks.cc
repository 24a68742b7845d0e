#include "shell/execution_hooks.h"

#include <absl/strings/str_cat.h>

#include "provision/execution_hooks.h"
#include "provision/hooks.h"
#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

std::vector<std::string> NamesOf(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node& node : nodes) names.push_back(node.name);
  return names;
}

// Of several clusters, the one of the first node.
std::string ClusterNameOf(Shell& shell, const std::vector<Node>& nodes) {
  return nodes.empty() ? shell.view().ClusterName() : nodes.front().cluster;
}

std::optional<int> Ask(Shell& shell, provision::HookedExecution& execution) {
  const absl::Status status =
      provision::BeforeExecution(execution, [&shell] { return shell.signals().interrupts() > 0; });
  if (status.ok()) return std::nullopt;
  shell.output().Note(absl::StrCat(std::string(status.message()), "; nothing was sent"));
  return kExitFailed;
}

}  // namespace

std::optional<int> AskHooks(Shell& shell, std::vector<Node>& nodes, Command& command,
                            LineOptions& options) {
  if (provision::Hooks::Get() == nullptr) return std::nullopt;
  provision::HookedExecution execution;
  execution.cluster = ClusterNameOf(shell, nodes);
  execution.kind = provision::KindForHooks(command);
  execution.command = provision::CommandForHooks(command);
  execution.has_fixed_command = command.kind == Command::Kind::kArgv;
  execution.targets = NamesOf(nodes);
  execution.nodes = NamesOf(shell.nodes());
  execution.options = &options.execution;
  if (const auto exit_code = Ask(shell, execution)) return exit_code;
  if (!execution.has_fixed_command) command.source = execution.command;
  if (execution.targets == NamesOf(nodes)) return std::nullopt;
  nodes.clear();
  for (const std::string& name : execution.targets) {
    for (const Node& node : shell.nodes()) {
      if (node.name == name) nodes.push_back(node);
    }
  }
  return std::nullopt;
}

std::optional<int> AskHooks(Shell& shell, const std::string& kind, const std::string& text,
                            const std::vector<Node>& nodes, ExecuteOptions& options) {
  if (provision::Hooks::Get() == nullptr) return std::nullopt;
  provision::HookedExecution execution{
      ClusterNameOf(shell, nodes), kind, text, true, NamesOf(nodes), {}, &options};
  return Ask(shell, execution);
}

void TellHooks(const std::string& cluster, const Job& job, const std::vector<Outcome>& outcomes) {
  if (provision::Hooks::Get() == nullptr) return;
  ExecuteOptions options = job.options.execution;
  provision::AfterExecution({cluster,
                             provision::KindForHooks(job.command),
                             provision::CommandForHooks(job.command),
                             true,
                             job.nodes,
                             {},
                             &options},
                            outcomes);
}

void TellHooks(Shell& shell, const std::string& kind, const std::string& text,
               const std::vector<Node>& nodes, ExecuteOptions& options, const Outcome& outcome) {
  if (provision::Hooks::Get() == nullptr) return;
  provision::AfterExecution(
      {ClusterNameOf(shell, nodes), kind, text, true, NamesOf(nodes), {}, &options}, {outcome});
}

}  // namespace muster::clustershell
