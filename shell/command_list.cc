#include "shell/command_list.h"

#include <absl/strings/match.h>

#include <algorithm>

#include "common/words.h"

namespace muster::clustershell {

const std::vector<const ShellCommand*>& Commands() {
  static const auto* const commands = new std::vector<const ShellCommand*>{
      &kAtCommand,
      &kPyCommand,
      &kPutCommand,
      &kGetCommand,
      &kFoldCommand,
      &kDiffCommand,
      &kJobsCommand,
      &kCancelCommand,
      &kRerunCommand,
      &kRunCommand,
      &kCheckCommand,
      &kShowCommand,
      &kTagCommand,
      &kUntagCommand,
      &kUseCommand,
      &kAssignCommand,
      &kRefreshCommand,
      &kSetCommand,
      &kNodesCommand,
      &kGroupsCommand,
      &kPsCommand,
      &kSessionsCommand,
      &kStopCommand,
      &kStartCommand,
      &kTerminateCommand,
      &kClusterCommand,
      &kHooksCommand,
      &kPluginCommand,
      &kShellCommand,
      &kStarclusterCommand,
      &kLocalCommand,
      &kCdCommand,
      &kLastCommand,
      &kListmodulesCommand,
      &kLoadCommand,
      &kClusterinitCommand,
      &kClusterdeleteCommand,
      &kClustercheckCommand,
      &kClustertestprogCommand,
      &kConnectCommand,
      &kClusterhelpCommand,
      &kDebugCommand,
      &kHelpCommand,
      &kExitCommand,
      &kQuitCommand,
  };
  return *commands;
}

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const ShellCommand* command : Commands()) names.emplace_back(command->name);
  return names;
}

std::vector<std::string> WordsOf(const std::vector<SubCommand>& commands) {
  std::vector<std::string> words;
  words.reserve(commands.size());
  for (const SubCommand& command : commands) words.emplace_back(command.name);
  return words;
}

bool HasWord(const std::vector<SubCommand>& commands, absl::string_view word) {
  return std::any_of(commands.begin(), commands.end(),
                     [&](const SubCommand& command) { return word == command.name; });
}

const ShellCommand* FindCommand(absl::string_view name) {
  for (const ShellCommand* command : Commands()) {
    if (name == command->name) return command;
  }
  return nullptr;
}

std::pair<absl::string_view, absl::string_view> SplitCommand(absl::string_view line) {
  const auto [word, rest] = SplitFirst(line);
  if (!absl::StartsWith(word, "@") && !absl::StartsWith(word, "!")) return {word, rest};
  const auto at = static_cast<std::size_t>(word.data() - line.data());
  return {line.substr(at, 1), line.substr(at + 1)};
}

}  // namespace muster::clustershell
