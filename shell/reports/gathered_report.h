// GatheredReport: what the nodes said, when all have ended: node by node, or what several say alike
// once, outliers first, or how they differ from what most say. Main thread.
#pragma once

#include <string>
#include <vector>

#include "shell/reports/live_report.h"
#include "shell/reports/report.h"

namespace muster::clustershell {

class GatheredReport final : public Report {
 public:
  // More than this of all nodes together is not kept: a node that goes beyond is told live.
  static constexpr std::size_t kMaxBytes = 256u << 20;

  GatheredReport(const ReportStyle& style, const std::vector<std::string>& nodes, Output& output,
                 bool shows_tracebacks, GroupFold groups);

  void OnOutput(std::size_t node, const Event& event) override;
  void OnWaiting(std::size_t node) override;
  void OnEnd(std::size_t node, const Outcome& outcome) override;
  void OnAllEnded(const std::vector<Outcome>& outcomes, std::chrono::milliseconds elapsed) override;

 private:
  struct Place {
    std::string node;
    std::string text;
    std::string remarks;
    bool is_live = false;  // it had too much to keep
  };
  // Nodes that said the same.
  struct Fold {
    std::vector<std::string> nodes;
    const std::string* text = nullptr;
    std::size_t first = 0;  // the place of its first node
  };
  bool IsGathered(Event::Stream stream) const {
    return stream == Event::Stream::kStdout || style_.gathers_stderr;
  }
  void Keep(std::size_t node, const std::string& text);
  // Of those that said something, the smallest first, and of two equal ones the first node's.
  std::vector<Fold> Folds() const;
  // "n[1-3] (3)", or with groups "@web,n7 (9)".
  std::string Heading(const std::vector<std::string>& nodes) const;
  void PrintOrdered();
  void PrintFolds();
  void PrintDifferences();
  void PrintHeader(const Fold& fold);
  void PrintRemarks();

  const ReportStyle style_;
  std::vector<Place> places_;
  Output& output_;
  const bool shows_tracebacks_;
  const GroupFold groups_;
  LiveReport live_;  // of what is not gathered
  std::size_t bytes_ = 0;
};

}  // namespace muster::clustershell
