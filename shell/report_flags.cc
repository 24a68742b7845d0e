#include "shell/report_flags.h"

#include <absl/strings/str_cat.h>

namespace muster::clustershell {
namespace {

using Form = ReportStyle::Form;

template <Form form>
absl::Status SetForm(absl::string_view /*value*/, LineOptions& options) {
  options.report.form = form;
  return absl::OkStatus();
}

template <bool ReportStyle::*flag, bool value = true>
absl::Status Switch(absl::string_view /*value*/, LineOptions& options) {
  options.report.*flag = value;
  return absl::OkStatus();
}

absl::Status FoldAll(absl::string_view /*value*/, LineOptions& options) {
  options.report.gathers_stderr = true;
  if (options.report.form == Form::kLive) options.report.form = Form::kFolded;
  return absl::OkStatus();
}

absl::Status FoldIntoGroups(absl::string_view /*value*/, LineOptions& options) {
  options.report.names_groups = true;
  if (options.report.form == Form::kLive) options.report.form = Form::kFolded;
  return absl::OkStatus();
}

absl::Status SetOutputForm(absl::string_view value, LineOptions& options) {
  if (value == "json") return SetForm<Form::kJson>("", options);
  if (value == "text") return SetForm<Form::kLive>("", options);
  return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is neither json nor text"));
}

}  // namespace

const std::vector<LineFlag>& ReportFlags() {
  static const auto* const flags = new std::vector<LineFlag>{
      {'b', "--fold", nullptr, "what several nodes say alike once, outliers first, at the end",
       &SetForm<Form::kFolded>},
      {'B', "--fold-all", nullptr, "the same with stderr", &FoldAll},
      {'r', "--regroup", nullptr, "folded, and groups stand for their nodes", &FoldIntoGroups},
      {'L', "--ordered", nullptr, "node by node, at the end", &SetForm<Form::kOrdered>},
      {0, "--diff", nullptr, "how the others differ from what most say, at the end",
       &SetForm<Form::kDiff>},
      {'v', "--live", nullptr, "as it comes, too", &Switch<&ReportStyle::is_live_too>},
      {'N', "--nolabel", nullptr, "without the names of nodes",
       &Switch<&ReportStyle::has_labels, false>},
      {'q', "--quiet", nullptr, "no summary, and not who ended with which code",
       &Switch<&ReportStyle::is_quiet>},
      {'o', "--output", "FORM", "json: a line for each thing that happens; text", &SetOutputForm},
  };
  return *flags;
}

}  // namespace muster::clustershell
