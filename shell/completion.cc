#include "shell/completion.h"

#include <absl/strings/match.h>
#include <absl/strings/strip.h>

#include <algorithm>

#include "common/words.h"
#include "shell/command_list.h"
#include "shell/execution_flags.h"
#include "shell/line_flags.h"

namespace muster::clustershell {
namespace {

bool HasBlank(absl::string_view text) {
  return text.find_first_of(" \t") != absl::string_view::npos;
}

const ShellCommand* Find(absl::string_view name, const Vocabulary& vocabulary) {
  for (const ShellCommand* command : vocabulary.commands) {
    if (name == command->name) return command;
  }
  return nullptr;
}

std::vector<std::string> Names(const Vocabulary& vocabulary) {
  std::vector<std::string> names;
  for (const ShellCommand* command : vocabulary.commands) names.emplace_back(command->name);
  return names;
}

// What is typed of a flag behind the first argument of the command; empty: no flag stands there.
absl::string_view FlagAt(absl::string_view typed, const Vocabulary& vocabulary) {
  const auto [name, rest] = SplitCommand(typed);
  const ShellCommand* command = Find(name, vocabulary);
  if (command == nullptr || !command->takes_flags) return "";
  // "@ uptime" names no target: the first argument is empty.
  const bool names_none = name == "@" && HasBlank(rest.substr(0, 1));
  const std::size_t end = names_none ? 0 : rest.find_first_of(" \t");
  return end == absl::string_view::npos ? "" : UnfinishedFlag(rest.substr(end));
}

std::vector<std::string> FlagNames() {
  std::vector<std::string> names = LineFlagNames();
  for (const ExecutionFlag& flag : ExecutionFlags()) names.emplace_back(flag.name);
  return names;
}

std::vector<std::string> Groups(const Vocabulary& vocabulary) {
  return vocabulary.groups ? vocabulary.groups() : std::vector<std::string>();
}

std::vector<std::string> Arguments(ShellCommand::Argument argument, const Vocabulary& vocabulary) {
  switch (argument) {
    case ShellCommand::Argument::kTarget:
      return vocabulary.nodes;
    case ShellCommand::Argument::kProgram:
      return vocabulary.programs;
    case ShellCommand::Argument::kCommand:
      return Names(vocabulary);
    case ShellCommand::Argument::kPath:
    case ShellCommand::Argument::kNone:
      break;
  }
  return {};
}

}  // namespace

Completion Complete(absl::string_view typed, const Vocabulary& vocabulary) {
  absl::string_view word = StripBlanks(typed);
  std::vector<std::string> known;
  bool is_target = false;
  if (const absl::string_view flag = FlagAt(typed, vocabulary); !flag.empty()) {
    word = flag;
    known = FlagNames();
  } else if (absl::StartsWith(word, "@")) {
    word.remove_prefix(1);
    is_target = true;
    known = vocabulary.nodes;
  } else if (!HasBlank(word)) {
    known = Names(vocabulary);
  } else {
    const ShellCommand* command = Find(SplitFirst(word).first, vocabulary);
    if (command == nullptr) return {typed.size(), {}};
    word = SplitFirst(word).second;
    is_target = command->argument == ShellCommand::Argument::kTarget;
    known = Arguments(command->argument, vocabulary);
  }
  if (HasBlank(word)) return {typed.size(), {}};  // behind the first argument
  if (is_target) {
    word.remove_prefix(word.find_last_of(",!&^") + 1);  // npos + 1 is 0
    if (absl::ConsumePrefix(&word, "@")) known = Groups(vocabulary);
  }

  Completion completion;
  completion.start = typed.size() - word.size();
  for (std::string& candidate : known) {
    if (absl::StartsWith(candidate, word)) completion.candidates.push_back(std::move(candidate));
  }
  std::sort(completion.candidates.begin(), completion.candidates.end());
  completion.candidates.erase(
      std::unique(completion.candidates.begin(), completion.candidates.end()),
      completion.candidates.end());
  return completion;
}

std::string CommonPrefix(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string prefix = words.front();
  for (const std::string& other : words) {
    const auto end = std::mismatch(prefix.begin(), prefix.end(), other.begin(), other.end()).first;
    prefix.erase(end, prefix.end());
  }
  return prefix;
}

}  // namespace muster::clustershell
