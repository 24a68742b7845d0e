#include "client/command_check.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <utility>

#include "client/execution_id.h"
#include "common/address.h"
#include "common/limits.h"
#include "common/slot_name.h"
#include "common/variable_name.h"

namespace muster {
namespace {

// Of a name that may have any length.
constexpr std::size_t kShownNameBytes = 64;

bool HasNul(const std::string& text) { return absl::StrContains(text, '\0'); }

std::string TooLong(const std::string& what, std::size_t size, std::size_t limit) {
  return absl::StrCat(what, " has ", size, " bytes, and at most ", limit, " can be sent");
}

std::string CheckSource(const Command& command) {
  const bool is_shell = command.kind == Command::Kind::kShell;
  const std::string what = is_shell ? "the shell source" : "the Python source";
  if (absl::StripAsciiWhitespace(command.source).empty()) {
    return absl::StrCat("the command is empty: ", what, " holds nothing to run");
  }
  if (command.source.size() > kMaxSourceBytes) {
    return absl::StrCat(TooLong(what, command.source.size(), kMaxSourceBytes), " (3 MiB)");
  }
  if (is_shell && HasNul(command.source)) return "the shell source holds a NUL byte";
  return "";
}

std::string CheckArguments(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().empty()) {
    return "the command is empty: argv needs the name of a program first";
  }
  std::size_t total = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string what = absl::StrCat("argument ", i);
    if (HasNul(arguments[i])) return absl::StrCat(what, " holds a NUL byte");
    if (arguments[i].size() > kMaxArgumentBytes) {
      return absl::StrCat(TooLong(what, arguments[i].size(), kMaxArgumentBytes),
                          " (the kernel's limit for one string); send it in a file, or in source");
    }
    total += arguments[i].size();
  }
  if (total > kMaxSourceBytes) {
    return absl::StrCat(TooLong("the argument list", total, kMaxSourceBytes), " (3 MiB)");
  }
  return "";
}

std::string CheckTimes(const ExecuteOptions& options) {
  if (options.deadline && options.deadline->count() <= 0) {
    return absl::StrCat("the deadline is ", options.deadline->count(),
                        " ms; it has to be above 0 ms");
  }
  if (options.grace.count() < 0) {
    return absl::StrCat("the grace is ", options.grace.count(), " ms; it has to be 0 ms or more");
  }
  return "";
}

std::string CheckRetries(const ExecuteOptions& options) {
  constexpr int kMostRetries = 100;
  if (options.retries < 0 || options.retries > kMostRetries) {
    return absl::StrCat("the number of retries is ", options.retries, "; it has to be 0 to ",
                        kMostRetries);
  }
  if (options.retries == 0 || options.id.empty()) return "";
  return "retries and an id were both asked for, and a node starts nothing twice under one id; "
         "leave one of them out";
}

std::string CheckLimits(const Limits& limits) {
  if (limits.cpu && limits.cpu->count() <= 0) {
    return absl::StrCat("the limit of CPU time is ", limits.cpu->count(),
                        " ms; it has to be above 0 ms");
  }
  const std::pair<const char*, std::optional<std::uint64_t>> above_zero[] = {
      {"memory", limits.memory_bytes},
      {"processes", limits.processes},
      {"open files", limits.open_files},
  };
  for (const auto& [what, limit] : above_zero) {
    if (limit == 0u) return absl::StrCat("the limit of ", what, " is 0; nothing could start");
  }
  return "";
}

std::string CheckResources(const ExecuteOptions& options) {
  if (options.resources.empty()) return "";
  if (!options.session.empty()) {
    return "a command of a session takes no resources: it is no process of its own";
  }
  if (options.leftovers == Leftovers::kKeep) {
    return "what holds resources leaves nothing behind: keep does not go together with them";
  }
  if (options.resources.size() > kMostSlots) {
    return absl::StrCat(options.resources.size(), " resources were asked for; at most ", kMostSlots,
                        " can be");
  }
  for (const auto& [name, count] : options.resources) {
    if (!IsSlotName(name)) {
      return absl::StrCat("\"", name.substr(0, kShownNameBytes),
                          "\" is no name of a resource; a name is ", kSlotNameForm);
    }
    if (count == 0) {
      return absl::StrCat("0 ", name, " were asked for; leave out what is not needed");
    }
  }
  return "";
}

std::string CheckNames(const ExecuteOptions& options) {
  if (!options.session.empty()) {
    if (std::string why_not = WhyNotSession(options.session); !why_not.empty()) return why_not;
  }
  if (options.id.empty()) return "";
  return std::string(ParseExecutionId(options.id).status().message());
}

std::string CheckEnvironment(const std::map<std::string, std::string>& environment) {
  std::size_t total = 0;
  for (const auto& [name, value] : environment) {
    if (!IsVariableName(name)) {
      return absl::StrCat("\"", name,
                          "\" is no name of an environment variable; a name is a letter or '_' and "
                          "then letters, digits and '_'");
    }
    if (HasNul(value)) return absl::StrCat("the environment variable ", name, " holds a NUL byte");
    const std::size_t size = name.size() + 1 + value.size();
    if (size > kMaxArgumentBytes) {
      return absl::StrCat(
          TooLong(absl::StrCat("the environment variable ", name), size, kMaxArgumentBytes),
          " (the kernel's limit for one string)");
    }
    total += size;
  }
  // With a source at its limit the message still fits into the 4 MiB of the wire.
  constexpr std::size_t kMaxEnvironmentBytes = 512u << 10;
  if (total > kMaxEnvironmentBytes) return TooLong("the environment", total, kMaxEnvironmentBytes);
  return "";
}

std::string CheckOptions(const ExecuteOptions& options) {
  if (HasNul(options.directory)) return "the directory holds a NUL byte";
  std::string why = CheckTimes(options);
  if (why.empty()) why = CheckRetries(options);
  if (why.empty()) why = CheckLimits(options.limits);
  if (why.empty()) why = CheckResources(options);
  if (why.empty()) why = CheckNames(options);
  return why.empty() ? CheckEnvironment(options.environment) : why;
}

}  // namespace

std::string WhyNotOpen(const Terminal& terminal) {
  constexpr std::size_t kMaxTypeBytes = 255;
  if (HasNul(terminal.type)) return "the terminal's type holds a NUL byte";
  if (terminal.type.size() <= kMaxTypeBytes) return "";
  return TooLong("the terminal's type", terminal.type.size(), kMaxTypeBytes);
}

std::string WhyNotExecute(const ExecuteOptions& options) {
  if (!options.tells_waiting) return "";
  return "the option tells_waiting is for interact(); what execute() starts has all its input";
}

std::string WhyNotInteract(const ExecuteOptions& options) {
  if (!options.input.empty() || !options.input_pieces.pieces.empty()) {
    return "the option input is for execute(); what interact() starts is written to with "
           "Call::write()";
  }
  if (options.tells_waiting && !options.session.empty()) {
    return "the option tells_waiting is for what runs in no session";
  }
  if (options.retries == 0) return "";
  return "the option retries is for execute(); what was written by hand cannot be sent again";
}

std::string WhyNotTransfer(const std::vector<std::string>& paths, const TransferOptions& options) {
  if (paths.empty()) return "no file is named";
  std::size_t total = 0;
  for (const std::string& path : paths) {
    if (path.empty()) return "a path is empty";
    if (HasNul(path)) return "a path holds a NUL byte";
    if (path.size() > kMaxArgumentBytes) return TooLong("a path", path.size(), kMaxArgumentBytes);
    total += path.size();
  }
  if (total > kMaxSourceBytes) {
    return absl::StrCat(TooLong("the list of paths", total, kMaxSourceBytes),
                        " (3 MiB); name their folder, or a pattern");
  }
  ExecuteOptions execution;
  execution.deadline = options.deadline;
  execution.grace = options.grace;
  execution.directory = options.directory;
  return CheckOptions(execution);
}

std::string WhyNotSession(const std::string& name) {
  if (IsValidName(name)) return "";
  return absl::StrCat(
      "\"", name,
      "\" is no name of a session; a name is a letter and up to 63 letters, digits, "
      "'_', '.' or '-'");
}

std::string WhyNotSend(const Command& command, const ExecuteOptions& options) {
  std::string why = command.kind == Command::Kind::kArgv ? CheckArguments(command.arguments)
                                                         : CheckSource(command);
  return why.empty() ? CheckOptions(options) : why;
}

Command python(std::string source, Command::Form form) {
  Command command(Command::Kind::kPython, std::move(source), {});
  command.form = form;
  return command;
}

Command shell(std::string source) { return {Command::Kind::kShell, std::move(source), {}}; }

Command argv(std::vector<std::string> arguments) {
  return {Command::Kind::kArgv, "", std::move(arguments)};
}

}  // namespace muster
