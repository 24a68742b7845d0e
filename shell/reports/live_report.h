// LiveReport: each line as it comes, with the name of its node in front, then one line for each
// node that failed, and a summary when there are several. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

#include "shell/line_assembler.h"
#include "shell/reports/report.h"

namespace muster::clustershell {

class LiveReport final : public Report {
 public:
  LiveReport(const ReportStyle& style, const std::vector<std::string>& nodes, Output& output,
             bool shows_tracebacks);

  void OnOutput(std::size_t node, const Event& event) override;
  void OnWaiting(std::size_t node) override;
  void OnEnd(std::size_t node, const Outcome& outcome) override;
  void OnAllEnded(const std::vector<Outcome>& outcomes, std::chrono::milliseconds elapsed) override;

 private:
  struct Place {
    std::string node;
    LineAssembler out;
    LineAssembler err;
  };
  static LineAssembler& AssemblerOf(Place& place, Event::Stream stream) {
    return stream == Event::Stream::kStdout ? place.out : place.err;
  }
  void Print(const Place& place, Event::Stream stream, absl::string_view lines);
  // A remark about a node: it always has its name in front.
  void Say(const Place& place, absl::string_view lines);

  std::vector<Place> places_;
  Output& output_;
  const ReportStyle style_;
  const bool shows_tracebacks_;
};

// What there is to say of an ended node beside its output, line by line; empty when it is well.
// `is_quiet`: not when the command ended by itself, however.
std::string RemarksOn(const Outcome& outcome, bool with_traceback, bool is_quiet);
// The summary, where the style wants it.
void SumUp(const ReportStyle& style, const std::vector<Outcome>& outcomes,
           std::chrono::milliseconds elapsed, Output& output);
// What is shown of a value: as Python's own prompt, None is what print() and the like give, and no
// news.
std::string ShownValue(const Outcome& outcome);

}  // namespace muster::clustershell
