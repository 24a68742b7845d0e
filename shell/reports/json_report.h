// JsonReport: a line of JSON for each thing that happens, for programs (docs/output.md has the
// form). Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

#include "shell/line_assembler.h"
#include "shell/reports/report.h"

namespace muster::clustershell {

class JsonReport final : public Report {
 public:
  JsonReport(const std::vector<std::string>& nodes, Output& output);

  void OnOutput(std::size_t node, const Event& event) override;
  void OnWaiting(std::size_t node) override;
  void OnEnd(std::size_t node, const Outcome& outcome) override;
  void OnAllEnded(const std::vector<Outcome>& /*outcomes*/,
                  std::chrono::milliseconds /*elapsed*/) override {}

 private:
  struct Place {
    std::string node;
    LineAssembler out;
    LineAssembler err;
    std::size_t out_bytes = 0;
    std::size_t err_bytes = 0;
  };
  void PrintRest(Place& place);
  void Print(const Place& place, Event::Stream stream, absl::string_view lines);

  std::vector<Place> places_;
  Output& output_;
};

}  // namespace muster::clustershell
