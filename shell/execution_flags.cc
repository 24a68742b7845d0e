#include "shell/execution_flags.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/address.h"
#include "common/nearest.h"
#include "common/quantity.h"
#include "common/slot_name.h"
#include "common/status_macros.h"
#include "common/variable_name.h"
#include "common/words.h"

namespace muster::clustershell {
namespace {

absl::Status AboveZero(bool is_above, absl::string_view value) {
  if (is_above) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", value, "\" is nothing; it has to be above 0"));
}

absl::Status SetTimeout(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.deadline, ParseDuration(value));
  return AboveZero(options.deadline->count() > 0, value);
}

absl::Status SetGrace(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.grace, ParseDuration(value));
  return absl::OkStatus();
}

absl::Status SetCpu(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.limits.cpu, ParseDuration(value));
  return AboveZero(options.limits.cpu->count() > 0, value);
}

absl::Status SetMemory(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.limits.memory_bytes, ParseSize(value));
  return AboveZero(*options.limits.memory_bytes > 0, value);
}

absl::Status SetResources(absl::string_view value, ExecuteOptions& options) {
  options.resources.clear();
  for (const absl::string_view item : absl::StrSplit(value, ',')) {
    const std::size_t equals = item.find('=');
    const std::string name(item.substr(0, equals));
    if (equals == absl::string_view::npos || !IsSlotName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", item, "\" is not NAME=N; a name is ", kSlotNameForm));
    }
    const absl::string_view number = item.substr(equals + 1);
    ASSIGN_OR_RETURN(const std::uint64_t count,
                     name == "memory" ? ParseSize(number) : ParseCount(number));
    RETURN_IF_ERROR(AboveZero(count > 0, number));
    if (!options.resources.emplace(name, count).second) {
      return absl::InvalidArgumentError(absl::StrCat("it names ", name, " twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status SetProcesses(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.limits.processes, ParseCount(value));
  return AboveZero(*options.limits.processes > 0, value);
}

absl::Status SetFileSize(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.limits.file_size_bytes, ParseSize(value));
  return absl::OkStatus();
}

absl::Status SetOpenFiles(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.limits.open_files, ParseCount(value));
  return AboveZero(*options.limits.open_files > 0, value);
}

absl::Status SetOutput(absl::string_view value, ExecuteOptions& options) {
  ASSIGN_OR_RETURN(options.limits.output_bytes, ParseSize(value));
  return absl::OkStatus();
}

absl::Status AddVariable(absl::string_view value, ExecuteOptions& options) {
  const std::size_t equals = value.find('=');
  const absl::string_view name = value.substr(0, equals);
  if (equals == absl::string_view::npos || !IsVariableName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", value,
                     "\" is not NAME=VALUE; a name is a letter or '_' and then letters, digits and "
                     "'_'"));
  }
  options.environment[std::string(name)] = std::string(value.substr(equals + 1));
  return absl::OkStatus();
}

absl::Status SetDirectory(absl::string_view value, ExecuteOptions& options) {
  if (value.empty()) return absl::InvalidArgumentError("the name of the folder is empty");
  options.directory = std::string(value);
  return absl::OkStatus();
}

absl::Status SetSession(absl::string_view value, ExecuteOptions& options) {
  if (!IsValidName(value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", value,
                     "\" is no name of a session; a name is a letter and up to 63 letters, digits, "
                     "'_', '.' or '-'"));
  }
  options.session = std::string(value);
  return absl::OkStatus();
}

absl::Status Reap(absl::string_view /*value*/, ExecuteOptions& options) {
  options.leftovers = Leftovers::kReap;
  return absl::OkStatus();
}

absl::Status Keep(absl::string_view /*value*/, ExecuteOptions& options) {
  options.leftovers = Leftovers::kKeep;
  return absl::OkStatus();
}

// Null when there is none of this name.
const ExecutionFlag* Find(absl::string_view name) {
  for (const ExecutionFlag& flag : ExecutionFlags()) {
    if (name == flag.name) return &flag;
  }
  return nullptr;
}

absl::Status Unknown(absl::string_view name, const std::vector<std::string>& other_names) {
  std::vector<std::string> names;
  for (const ExecutionFlag& flag : ExecutionFlags()) names.emplace_back(flag.name);
  names.insert(names.end(), other_names.begin(), other_names.end());
  return absl::InvalidArgumentError(absl::StrCat("unknown flag ", name, DidYouMean(name, names),
                                                 "; valid here: ", absl::StrJoin(names, ", "),
                                                 ", and -- in front of a command that begins so"));
}

// Takes one flag, with its value, off the front of the line.
absl::Status TakeFlag(absl::string_view& line, ExecuteOptions& options,
                      const std::vector<std::string>& other_names) {
  std::string word;
  RETURN_IF_ERROR(TakeWord(line, word));
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const ExecutionFlag* flag = Find(name);
  if (flag == nullptr) return Unknown(name, other_names);
  std::optional<std::string> value;
  if (equals != std::string::npos) value = word.substr(equals + 1);
  if (flag->value == nullptr && value) {
    return absl::InvalidArgumentError(absl::StrCat(name, " takes no value"));
  }
  if (flag->value != nullptr && !value) {
    line = StripBlanks(line);
    if (line.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " needs a value: ", flag->value));
    }
    RETURN_IF_ERROR(TakeWord(line, value.emplace()));
  }
  absl::Status applied = flag->apply(value.value_or(""), options);
  if (applied.ok()) return applied;
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", applied.message()));
}

}  // namespace

const std::vector<ExecutionFlag>& ExecutionFlags() {
  static const auto* const flags = new std::vector<ExecutionFlag>{
      {"--timeout", "D", false, "stop it when it has run so long", &SetTimeout},
      {"--grace", "D", false, "time from the first signal of a stop to SIGKILL; else 5s",
       &SetGrace},
      {"--mem", "SIZE", false, "most memory of all its processes together", &SetMemory},
      {"--cpu", "D", false, "most CPU time of all its processes together", &SetCpu},
      {"--procs", "N", false, "most processes and threads at once", &SetProcesses},
      {"--fsize", "SIZE", false, "largest file that it may write", &SetFileSize},
      {"--nofile", "N", false, "most open files of each process", &SetOpenFiles},
      {"--max-output", "SIZE", false, "most output, stdout and stderr together", &SetOutput},
      {"--resources", "NAME=N,…", false, "slots of the node for itself, as gpu=1,memory=4G",
       &SetResources},
      {"--env", "NAME=VALUE", true, "an environment variable; may be repeated", &AddVariable},
      {"--cwd", "DIR", false, "the folder on the node where it runs", &SetDirectory},
      {"--session", "NAME", false, "run it in your session of this name", &SetSession},
      {"--reap", nullptr, false, "kill all processes that outlive it", &Reap},
      {"--keep", nullptr, false, "let all processes live that outlive it", &Keep},
  };
  return *flags;
}

std::string ExecutionFlagsHelp() {
  std::string text =
      "Flags, which may also stand on clustershell's own command line, for every line:\n";
  for (const ExecutionFlag& flag : ExecutionFlags()) {
    const std::string form = absl::StrCat(flag.name, flag.value == nullptr ? "" : " ",
                                          flag.value == nullptr ? "" : flag.value);
    absl::StrAppend(&text, absl::StrFormat("  %-18s  %s\n", form, flag.summary));
  }
  return absl::StrCat(text,
                      "D is a time: 250ms, 5 (seconds), 2m, 1h. SIZE is in bytes, or as 64K, 1.5G, "
                      "1T (powers\nof 1024). -- ends the flags.\n");
}

absl::StatusOr<absl::string_view> TakeExecutionFlags(absl::string_view line,
                                                     ExecuteOptions& options,
                                                     const OtherFlags& other,
                                                     const std::vector<std::string>& other_names) {
  bool reaps = false;
  bool keeps = false;
  for (line = StripBlanks(line); absl::StartsWith(line, "-"); line = StripBlanks(line)) {
    bool was_other = false;
    if (other) {
      ASSIGN_OR_RETURN(was_other, other(line));
    }
    if (was_other) continue;
    if (!absl::StartsWith(line, "--")) break;
    const auto [word, rest] = SplitFirst(line);
    if (word == "--") return rest;
    reaps = reaps || word == "--reap";
    keeps = keeps || word == "--keep";
    if (reaps && keeps) return absl::InvalidArgumentError("--reap and --keep exclude each other");
    RETURN_IF_ERROR(TakeFlag(line, options, other_names));
  }
  return line;
}

absl::string_view UnfinishedFlag(absl::string_view typed) {
  typed = StripBlanks(typed);
  while (absl::StartsWith(typed, "--")) {
    absl::string_view rest = typed;
    std::string word;
    if (!TakeWord(rest, word).ok()) return "";
    const std::size_t equals = word.find('=');
    if (rest.empty()) return equals == std::string::npos ? typed : "";
    const ExecutionFlag* flag = Find(word.substr(0, equals));
    if (flag == nullptr) return "";  // a bare --, too
    typed = StripBlanks(rest);
    if (flag->value != nullptr && equals == std::string::npos) {
      if (!TakeWord(typed, word).ok()) return "";
      typed = StripBlanks(typed);
    }
  }
  return "";
}

}  // namespace muster::clustershell
