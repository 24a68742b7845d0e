// Report: tells what a line brings, from all of its nodes, in one of several forms. Main thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/group_fold.h"
#include "shell/output.h"
#include "shell/reports/report_style.h"

namespace muster::clustershell {

class Report {
 public:
  virtual ~Report() = default;

  // Of the node with this number, in the order given to Make.
  virtual void OnOutput(std::size_t node, const Event& event) = 0;
  // It waits for input: what it asked has to be seen now.
  virtual void OnWaiting(std::size_t node) = 0;
  // Once for each node, after its output.
  virtual void OnEnd(std::size_t node, const Outcome& outcome) = 0;
  // After the last one; `elapsed` since the first was sent.
  virtual void OnAllEnded(const std::vector<Outcome>& outcomes,
                          std::chrono::milliseconds elapsed) = 0;

  // `output` has to live longer. `shows_tracebacks`: whole ones, of exceptions. `groups`: those
  // that may stand for their nodes.
  static std::unique_ptr<Report> Make(const ReportStyle& style,
                                      const std::vector<std::string>& nodes, Output& output,
                                      bool shows_tracebacks, const GroupFold& groups = {});
};

}  // namespace muster::clustershell
