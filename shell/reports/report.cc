#include "shell/reports/report.h"

#include "shell/reports/gathered_report.h"
#include "shell/reports/json_report.h"
#include "shell/reports/live_report.h"

namespace muster::clustershell {

std::unique_ptr<Report> Report::Make(const ReportStyle& style,
                                     const std::vector<std::string>& nodes, Output& output,
                                     bool shows_tracebacks, const GroupFold& groups) {
  switch (style.form) {
    case ReportStyle::Form::kJson:
      return std::make_unique<JsonReport>(nodes, output);
    case ReportStyle::Form::kLive:
      return std::make_unique<LiveReport>(style, nodes, output, shows_tracebacks);
    default:
      return std::make_unique<GatheredReport>(style, nodes, output, shows_tracebacks, groups);
  }
}

}  // namespace muster::clustershell
