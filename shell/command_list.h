// Every command of clustershell. To add one: write it in commands/, and put it here and into the
// list in command_list.cc.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <utility>
#include <vector>

#include "shell/shell_command.h"

namespace muster::clustershell {

extern const ShellCommand kAssignCommand;
extern const ShellCommand kAtCommand;
extern const ShellCommand kCancelCommand;
extern const ShellCommand kCdCommand;
extern const ShellCommand kCheckCommand;
extern const ShellCommand kClusterCommand;
extern const ShellCommand kClustercheckCommand;
extern const ShellCommand kClusterdeleteCommand;
extern const ShellCommand kClusterhelpCommand;
extern const ShellCommand kClusterinitCommand;
extern const ShellCommand kClustertestprogCommand;
extern const ShellCommand kConnectCommand;
extern const ShellCommand kDebugCommand;
extern const ShellCommand kDiffCommand;
extern const ShellCommand kExitCommand;
extern const ShellCommand kFoldCommand;
extern const ShellCommand kGetCommand;
extern const ShellCommand kGroupsCommand;
extern const ShellCommand kHelpCommand;
extern const ShellCommand kHooksCommand;
extern const ShellCommand kJobsCommand;
extern const ShellCommand kLastCommand;
extern const ShellCommand kListmodulesCommand;
extern const ShellCommand kLoadCommand;
extern const ShellCommand kLocalCommand;
extern const ShellCommand kNodesCommand;
extern const ShellCommand kPluginCommand;
extern const ShellCommand kPsCommand;
extern const ShellCommand kPutCommand;
extern const ShellCommand kPyCommand;
extern const ShellCommand kQuitCommand;
extern const ShellCommand kRefreshCommand;
extern const ShellCommand kRerunCommand;
extern const ShellCommand kRunCommand;
extern const ShellCommand kSessionsCommand;
extern const ShellCommand kSetCommand;
extern const ShellCommand kShellCommand;
extern const ShellCommand kShowCommand;
extern const ShellCommand kStarclusterCommand;
extern const ShellCommand kStartCommand;
extern const ShellCommand kStopCommand;
extern const ShellCommand kTagCommand;
extern const ShellCommand kTerminateCommand;
extern const ShellCommand kUntagCommand;
extern const ShellCommand kUseCommand;

// In the order of `help`.
const std::vector<const ShellCommand*>& Commands();
std::vector<std::string> CommandNames();

// Their names, and whether this is one.
std::vector<std::string> WordsOf(const std::vector<SubCommand>& commands);
bool HasWord(const std::vector<SubCommand>& commands, absl::string_view word);

// Null when there is none of this name.
const ShellCommand* FindCommand(absl::string_view name);

// The name at the start of a line, and the rest behind it. "@n1 ls" has the name "@", and "!ls"
// the name "!".
std::pair<absl::string_view, absl::string_view> SplitCommand(absl::string_view line);

}  // namespace muster::clustershell
