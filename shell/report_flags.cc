#include "shell/report_flags.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <optional>

#include "common/status_macros.h"
#include "common/words.h"
#include "shell/execution_flags.h"

namespace muster::clustershell {
namespace {

using Form = ReportStyle::Form;

absl::Status SetForm(ReportStyle& style, Form form) {
  style.form = form;
  return absl::OkStatus();
}

absl::Status FoldAll(absl::string_view /*value*/, ReportStyle& style) {
  style.gathers_stderr = true;
  return style.form == Form::kLive ? SetForm(style, Form::kFolded) : absl::OkStatus();
}

absl::Status LiveToo(absl::string_view /*value*/, ReportStyle& style) {
  style.is_live_too = true;
  return absl::OkStatus();
}

absl::Status DropLabels(absl::string_view /*value*/, ReportStyle& style) {
  style.has_labels = false;
  return absl::OkStatus();
}

absl::Status SetOutputForm(absl::string_view value, ReportStyle& style) {
  if (value == "json") return SetForm(style, Form::kJson);
  if (value == "text") return SetForm(style, Form::kLive);
  return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is neither json nor text"));
}

const ReportFlag* FindLetter(char letter) {
  for (const ReportFlag& flag : ReportFlags()) {
    if (flag.letter == letter) return &flag;
  }
  return nullptr;
}

// The one that the word is, with its value behind "=" taken off.
const ReportFlag* FindName(absl::string_view& word, std::optional<std::string>& value) {
  const std::size_t equals = word.find('=');
  for (const ReportFlag& flag : ReportFlags()) {
    if (word.substr(0, equals) != flag.name) continue;
    if (equals != absl::string_view::npos) value = std::string(word.substr(equals + 1));
    return &flag;
  }
  return nullptr;
}

// Takes a value off the front of the line.
absl::Status TakeValue(absl::string_view& line, const ReportFlag& flag, std::string& value) {
  line = StripBlanks(line);
  if (line.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(flag.name, " needs a value: ", flag.value));
  }
  return TakeWord(line, value);
}

absl::Status ApplyOne(const ReportFlag& flag, std::optional<std::string> value,
                      absl::string_view& line, ReportStyle& style) {
  if (flag.value == nullptr && value) {
    return absl::InvalidArgumentError(absl::StrCat(flag.name, " takes no value"));
  }
  if (flag.value != nullptr && !value) RETURN_IF_ERROR(TakeValue(line, flag, value.emplace()));
  absl::Status applied = flag.apply(value.value_or(""), style);
  if (applied.ok()) return applied;
  return absl::InvalidArgumentError(absl::StrCat(flag.name, ": ", applied.message()));
}

absl::Status TakeLetters(absl::string_view letters, absl::string_view& line, ReportStyle& style) {
  while (!letters.empty()) {
    const ReportFlag* const flag = FindLetter(letters.front());
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
    RETURN_IF_ERROR(ApplyOne(*flag, value, line, style));
  }
  return absl::OkStatus();
}

// Whether the line began with a flag of these, which was taken off.
absl::StatusOr<bool> TakeReportFlag(absl::string_view& line, ReportStyle& style) {
  absl::string_view word = SplitFirst(line).first;
  if (word.size() < 2 || word[0] != '-' || word == "--") return false;
  if (word[1] != '-') {
    line = line.substr(static_cast<std::size_t>(word.end() - line.begin()));
    RETURN_IF_ERROR(TakeLetters(word.substr(1), line, style));
    return true;
  }
  std::optional<std::string> value;
  const ReportFlag* const flag = FindName(word, value);
  if (flag == nullptr) return false;
  line = line.substr(static_cast<std::size_t>(word.end() - line.begin()));
  RETURN_IF_ERROR(ApplyOne(*flag, value, line, style));
  return true;
}

}  // namespace

const std::vector<ReportFlag>& ReportFlags() {
  static const auto* const flags = new std::vector<ReportFlag>{
      {'b', "--fold", nullptr, "what several nodes say alike once, outliers first, at the end",
       [](absl::string_view, ReportStyle& style) { return SetForm(style, Form::kFolded); }},
      {'B', "--fold-all", nullptr, "the same with stderr", &FoldAll},
      {'L', "--ordered", nullptr, "node by node, at the end",
       [](absl::string_view, ReportStyle& style) { return SetForm(style, Form::kOrdered); }},
      {0, "--diff", nullptr, "how the others differ from what most say, at the end",
       [](absl::string_view, ReportStyle& style) { return SetForm(style, Form::kDiff); }},
      {'v', "--live", nullptr, "as it comes, too", &LiveToo},
      {'N', "--nolabel", nullptr, "without the names of nodes", &DropLabels},
      {'o', "--output", "FORM", "json: a line for each thing that happens; text", &SetOutputForm},
  };
  return *flags;
}

std::string ReportFlagsHelp() {
  std::string text = "How it is told:\n";
  for (const ReportFlag& flag : ReportFlags()) {
    const std::string form = absl::StrCat(
        flag.letter == 0 ? "" : absl::StrCat("-", std::string(1, flag.letter), ", "), flag.name,
        flag.value == nullptr ? "" : " ", flag.value == nullptr ? "" : flag.value);
    absl::StrAppend(&text, absl::StrFormat("  %-18s  %s\n", form, flag.summary));
  }
  return text;
}

absl::StatusOr<absl::string_view> TakeLineFlags(absl::string_view line, LineOptions& options) {
  return TakeExecutionFlags(line, options.execution, [&options](absl::string_view& rest) {
    return TakeReportFlag(rest, options.report);
  });
}

}  // namespace muster::clustershell
