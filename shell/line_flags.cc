#include "shell/line_flags.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <array>
#include <utility>

#include "common/status_macros.h"
#include "common/words.h"
#include "shell/execution_flags.h"
#include "shell/report_flags.h"
#include "shell/run_flags.h"

namespace muster::clustershell {
namespace {

std::array<const std::vector<LineFlag>*, 2> Tables() { return {&ReportFlags(), &RunFlags()}; }

const LineFlag* FindLetter(char letter) {
  for (const auto* const table : Tables()) {
    for (const LineFlag& flag : *table) {
      if (flag.letter == letter) return &flag;
    }
  }
  return nullptr;
}

// The one that the word is, with its value behind "=" taken off.
const LineFlag* FindName(absl::string_view word, std::optional<std::string>& value) {
  const std::size_t equals = word.find('=');
  for (const auto* const table : Tables()) {
    for (const LineFlag& flag : *table) {
      if (word.substr(0, equals) != flag.name) continue;
      if (equals != absl::string_view::npos) value = std::string(word.substr(equals + 1));
      return &flag;
    }
  }
  return nullptr;
}

// Takes a value off the front of the line.
absl::Status TakeValue(absl::string_view& line, const LineFlag& flag, std::string& value) {
  line = StripBlanks(line);
  if (line.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(flag.name, " needs a value: ", flag.value));
  }
  return TakeWord(line, value);
}

absl::Status ApplyOne(const LineFlag& flag, std::optional<std::string> value,
                      absl::string_view& line, LineOptions& options) {
  if (flag.value == nullptr && value) {
    return absl::InvalidArgumentError(absl::StrCat(flag.name, " takes no value"));
  }
  if (flag.value != nullptr && !value) RETURN_IF_ERROR(TakeValue(line, flag, value.emplace()));
  absl::Status applied = flag.apply(value.value_or(""), options);
  if (applied.ok()) return applied;
  return absl::InvalidArgumentError(absl::StrCat(flag.name, ": ", applied.message()));
}

absl::Status TakeLetters(absl::string_view letters, absl::string_view& line, LineOptions& options) {
  while (!letters.empty()) {
    const LineFlag* const flag = FindLetter(letters.front());
    if (flag == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown flag -", letters.substr(0, 1),
                       "; a command that begins with - stands behind a --"));
    }
    letters.remove_prefix(1);
    std::optional<std::string> value;
    if (flag->value != nullptr && !letters.empty()) {
      value = std::string(letters);
      letters = "";
    }
    RETURN_IF_ERROR(ApplyOne(*flag, value, line, options));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> TakeLineFlag(absl::string_view& line, LineOptions& options) {
  const absl::string_view word = SplitFirst(line).first;
  if (word.size() < 2 || word[0] != '-' || word == "--") return false;
  const absl::string_view behind = line.substr(static_cast<std::size_t>(word.end() - line.begin()));
  if (word[1] != '-') {
    line = behind;
    RETURN_IF_ERROR(TakeLetters(word.substr(1), line, options));
    return true;
  }
  std::optional<std::string> value;
  const LineFlag* const flag = FindName(word, value);
  if (flag == nullptr) return false;
  line = behind;
  RETURN_IF_ERROR(ApplyOne(*flag, std::move(value), line, options));
  return true;
}

std::string LineFlagsHelp(const char* title, const std::vector<LineFlag>& flags) {
  std::string text = absl::StrCat(title, "\n");
  for (const LineFlag& flag : flags) {
    const std::string form = absl::StrCat(
        flag.letter == 0 ? "" : absl::StrCat("-", std::string(1, flag.letter), ", "), flag.name,
        flag.value == nullptr ? "" : " ", flag.value == nullptr ? "" : flag.value);
    absl::StrAppend(&text, absl::StrFormat("  %-18s  %s\n", form, flag.summary));
  }
  return text;
}

std::vector<std::string> LineFlagNames(const std::vector<LineFlag>& flags) {
  std::vector<std::string> names;
  names.reserve(flags.size());
  for (const LineFlag& flag : flags) names.emplace_back(flag.name);
  return names;
}

std::vector<std::string> LineFlagNames() {
  std::vector<std::string> names;
  for (const auto* const table : Tables()) {
    for (std::string& name : LineFlagNames(*table)) names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<absl::string_view> TakeLineFlags(absl::string_view line, LineOptions& options) {
  const std::string login_user = std::exchange(options.login_user, "");
  auto rest = TakeExecutionFlags(
      line, options.execution,
      [&options](absl::string_view& behind) { return TakeLineFlag(behind, options); },
      LineFlagNames());
  if (!options.login_user.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--user is for the connections, which all lines share: start `clustershell -l ",
        options.login_user, "`, or write ssh:", options.login_user,
        "@HOST into the configuration"));
  }
  options.login_user = login_user;
  return rest;
}

}  // namespace muster::clustershell
