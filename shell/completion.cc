#include "shell/completion.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "common/escape.h"
#include "common/quoting.h"
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

std::vector<std::string> ExecutionFlagNames() {
  std::vector<std::string> names = LineFlagNames();
  for (const ExecutionFlag& flag : ExecutionFlags()) names.emplace_back(flag.name);
  return names;
}

std::vector<std::string> AskFor(const std::function<std::vector<std::string>()>& words) {
  return words ? words() : std::vector<std::string>();
}

std::vector<std::string> Arguments(ShellCommand::Argument argument, const Vocabulary& vocabulary) {
  switch (argument) {
    case ShellCommand::Argument::kTarget:
      return vocabulary.nodes;
    case ShellCommand::Argument::kProgram:
      return vocabulary.programs;
    case ShellCommand::Argument::kCommand: {
      std::vector<std::string> names = Names(vocabulary);
      names.insert(names.end(), vocabulary.programs.begin(), vocabulary.programs.end());
      return names;
    }
    case ShellCommand::Argument::kSubCommand:  // which has them
    case ShellCommand::Argument::kPath:
    case ShellCommand::Argument::kNone:
      break;
  }
  return {};
}

// Where the last word begins; npos: inside of quotes, where nothing is completed; nor between
// backquotes, from which sh takes backslashes away.
std::size_t LastWord(absl::string_view line) {
  std::size_t start = 0;
  Quoting quoting;
  bool is_backquoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!quoting.IsPlain(line[i])) continue;
    if (line[i] == ' ' || line[i] == '\t') start = i + 1;
    if (line[i] == '`') is_backquoted = !is_backquoted;
  }
  return quoting.is_open() || is_backquoted ? absl::string_view::npos : start;
}

// What a line that begins with this word says next: a sub-command, or what its first argument
// names.
std::vector<std::string> BehindSubCommand(const std::vector<SubCommand>& commands,
                                          absl::string_view& word, const Vocabulary& vocabulary) {
  const auto [name, argument] = SplitFirst(word);
  if (!HasBlank(word)) return WordsOf(commands);
  word = argument;
  for (const SubCommand& command : commands) {
    if (name != command.name) continue;
    if (command.argument == SubCommand::Argument::kStartable) return AskFor(vocabulary.startable);
    if (command.argument == SubCommand::Argument::kPlugin) return AskFor(vocabulary.plugins);
  }
  return {};
}

// The command whose flags stand behind what is typed; `rest` is the line behind its name.
const ShellCommand* CommandOfFlags(absl::string_view typed, absl::string_view& rest,
                                   const Vocabulary& vocabulary) {
  absl::string_view name;
  std::tie(name, rest) = SplitCommand(typed);
  if (name == "@") {  // only put and get have flags of their own behind a target
    const std::size_t end = rest.find_first_of(" \t");
    if (end == absl::string_view::npos) return nullptr;
    std::tie(name, rest) = SplitFirst(rest.substr(end));
    if (name != "put" && name != "get") return nullptr;
  }
  return Find(name, vocabulary);
}

// The flags of the command, when the last word begins as one.
std::optional<Completion> CompleteFlag(absl::string_view typed, const Vocabulary& vocabulary) {
  const std::size_t start = LastWord(typed);
  if (start == absl::string_view::npos || start == 0) return std::nullopt;
  const absl::string_view word = typed.substr(start);
  absl::string_view rest;
  const ShellCommand* const command = CommandOfFlags(typed.substr(0, start), rest, vocabulary);
  if (command == nullptr || !absl::StartsWith(word, "-")) return std::nullopt;
  // Behind -- there is none, and behind | not of this command.
  if (absl::StrContains(absl::StrCat(" ", rest), " -- ") || absl::StrContains(rest, '|')) {
    return std::nullopt;
  }
  FlagNames flags = command->flags;
  if (command->sub_commands != nullptr) {
    for (const SubCommand& known : command->sub_commands()) {
      if (SplitFirst(rest).first == known.name) flags = known.flags;
    }
  }
  if (flags == nullptr) return std::nullopt;
  Completion completion{start, flags()};
  std::erase_if(completion.candidates,
                [&](const std::string& name) { return !absl::StartsWith(name, word); });
  std::sort(completion.candidates.begin(), completion.candidates.end());
  return completion;
}

// What sh, or a line of ours, takes for something anywhere in a word.
constexpr char kSpecial[] = " \t\\'\"|>;&`$()<*?[{";
// What sh takes for something in some places only, as in `~/x` and `NAME=x`; one that was typed is
// part of the path.
constexpr char kSpecialSomewhere[] = "~=#!]}";

// As it is typed: a backslash makes any character plain, for sh as for SplitWords.
std::string Escaped(absl::string_view path) {
  std::string text;
  for (const char c : path) {
    if (absl::StrContains(kSpecial, c) || absl::StrContains(kSpecialSomewhere, c)) text += '\\';
    text += c;
  }
  return text;
}

// The path that was typed; nothing: it is not finished, or what was typed means something else.
std::optional<std::string> Unescaped(absl::string_view typed) {
  // The home of another: "~/" is one's own here, as in sh.
  if (absl::StartsWith(typed, "~") && !absl::StartsWith(typed, "~/")) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    if (typed[i] == '\\' && i + 1 < typed.size()) {
      ++i;
    } else if (absl::StrContains(kSpecial, typed[i])) {
      return std::nullopt;
    }
    text += typed[i];
  }
  return text;
}

// What a line behind `get` or `put` is about.
struct FilesAt {
  bool are_remote = false;
  std::string target;  // of remote ones
};

std::optional<FilesAt> FilesBehind(absl::string_view verb, absl::string_view target,
                                   absl::string_view rest) {
  if (verb == "put") return FilesAt{};
  if (verb != "get") return std::nullopt;
  // "get TARGET FILE": the first of several words may be the target.
  const auto [first, behind] = SplitFirst(rest);
  const bool may_be_target =
      first.data() + first.size() < rest.data() + rest.size() && !absl::StrContains(first, '/');
  return FilesAt{true, std::string(target.empty() && may_be_target ? first : target)};
}

// Whether paths stand at the end of the line, and whose.
std::optional<FilesAt> FilesAtEnd(absl::string_view typed, const Vocabulary& vocabulary) {
  const auto [name, rest] = SplitCommand(typed);
  const ShellCommand* const command = Find(name, vocabulary);
  if (command == nullptr) return std::nullopt;
  if (name == "!") return FilesAt{};
  if (name == "@") {
    const std::size_t end = rest.find_first_of(" \t");
    if (end == absl::string_view::npos) return std::nullopt;
    const auto [verb, behind] = SplitFirst(rest.substr(end));
    if (verb.data() + verb.size() == rest.data() + rest.size()) return std::nullopt;
    return FilesBehind(verb, end == 0 ? "*" : rest.substr(0, end), behind);
  }
  if (!HasBlank(StripBlanks(typed))) return std::nullopt;  // the command itself
  const bool has_tail =
      !command->takes_whole_line && (absl::StrContains(rest, '|') ||
                                     absl::StrContains(rest, " >") || absl::StartsWith(rest, ">"));
  if (has_tail || command->argument == ShellCommand::Argument::kPath) return FilesAt{};
  if (command->argument == ShellCommand::Argument::kProgram &&
      (HasBlank(rest) || absl::StrContains(rest, '/'))) {
    return FilesAt{};
  }
  return FilesBehind(name, "", rest);
}

Completion CompletePath(absl::string_view typed, const FilesAt& files,
                        const Vocabulary& vocabulary) {
  Completion completion;
  completion.start = LastWord(typed);
  if (completion.start == absl::string_view::npos) return {typed.size(), {}};
  absl::string_view word = typed.substr(completion.start);
  // Behind ! and >, which need no blank.
  const std::size_t mark = word.find_first_not_of("!>|");
  if (completion.start == 0 || absl::StrContains(word.substr(0, mark), '>')) {
    completion.start += std::min(mark, word.size());
    word = typed.substr(completion.start);
  }
  const std::optional<std::string> path = Unescaped(word);
  if (!path) return completion;
  std::vector<std::string> found;
  if (files.are_remote && vocabulary.remote_paths) {
    found = vocabulary.remote_paths(files.target.empty() ? "*" : files.target, *path);
  } else if (!files.are_remote && vocabulary.paths) {
    found = vocabulary.paths(*path);
  }
  for (absl::string_view candidate : found) {
    // What was typed is not replaced.
    if (!absl::ConsumePrefix(&candidate, *path)) continue;
    completion.candidates.push_back(absl::StrCat(word, Escaped(candidate)));
  }
  std::sort(completion.candidates.begin(), completion.candidates.end());
  return completion;
}

// All that the word at the cursor may become.
Completion FindAll(absl::string_view typed, const Vocabulary& vocabulary) {
  absl::string_view word = StripBlanks(typed);
  std::vector<std::string> known;
  bool is_target = false;
  if (const absl::string_view flag = FlagAt(typed, vocabulary); !flag.empty()) {
    word = flag;
    known = ExecutionFlagNames();
  } else if (auto completion = CompleteFlag(typed, vocabulary)) {
    return *std::move(completion);
  } else if (const auto files = FilesAtEnd(typed, vocabulary)) {
    return CompletePath(typed, *files, vocabulary);
  } else if (absl::StartsWith(word, "@")) {
    word.remove_prefix(1);
    is_target = true;
    known = vocabulary.nodes;
  } else if (!HasBlank(word)) {
    known = Names(vocabulary);
    known.insert(known.end(), vocabulary.programs.begin(), vocabulary.programs.end());
  } else {
    const ShellCommand* command = Find(SplitFirst(word).first, vocabulary);
    if (command == nullptr) return {typed.size(), {}};
    word = SplitFirst(word).second;
    is_target = command->argument == ShellCommand::Argument::kTarget;
    known = command->sub_commands == nullptr
                ? Arguments(command->argument, vocabulary)
                : BehindSubCommand(command->sub_commands(), word, vocabulary);
  }
  if (HasBlank(word)) return {typed.size(), {}};  // behind the first argument
  if (is_target) {
    word.remove_prefix(word.find_last_of(",!&^") + 1);  // npos + 1 is 0
    if (absl::ConsumePrefix(&word, "@")) known = AskFor(vocabulary.groups);
    if (absl::ConsumePrefix(&word, "cluster=")) known = AskFor(vocabulary.clusters);
    if (absl::ConsumePrefix(&word, "tags=")) known = AskFor(vocabulary.tags);
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

}  // namespace

Completion Complete(absl::string_view typed, const Vocabulary& vocabulary) {
  Completion completion = FindAll(typed, vocabulary);
  std::erase_if(completion.candidates, [](const std::string& candidate) {
    return EscapeToOneLine(candidate) != candidate;
  });
  return completion;
}

std::string CommonPrefix(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string prefix = words.front();
  for (const std::string& other : words) {
    const auto end = std::mismatch(prefix.begin(), prefix.end(), other.begin(), other.end()).first;
    prefix.erase(end, prefix.end());
  }
  prefix.resize(prefix.size() - UnfinishedBytes(prefix));
  // A backslash belongs to what is behind it.
  const std::size_t last = prefix.find_last_not_of('\\');  // npos + 1 is 0
  if (words.front() != prefix && (prefix.size() - (last + 1)) % 2 != 0) prefix.pop_back();
  return prefix;
}

}  // namespace muster::clustershell
