// LineRun: one tracked line in front of the prompt, from its first output to its last word. It may
// be left while all of its nodes that have not ended wait for input, and gone on with later. Main
// thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/fan_out.h"
#include "shell/line_flags.h"
#include "shell/line_record.h"
#include "shell/progress_line.h"
#include "shell/reports/report.h"
#include "shell/shell.h"

namespace muster::clustershell {

class LineRun {
 public:
  // `output` has to live longer.
  LineRun(Shell& shell, std::shared_ptr<FanOut> fan_out, const std::vector<std::string>& nodes,
          const LineOptions& options, Output& output);

  // Tells what comes. True: all have ended. False: those that have not wait for input.
  bool Go();
  // Tells what has come by now; as Go().
  bool Look();
  // So many times was Ctrl-C pressed, as it were.
  void Interrupt(int times);

  std::vector<std::string> waiting() const;
  bool IsWaiting(const std::string& node) const;
  // To a node that waits.
  void Answer(const std::string& node, const std::string& input);
  // Nothing more will be typed for any of them.
  void EndInput();

  // After the end.
  int exit_code() const { return exit_code_; }
  const std::vector<Outcome>& outcomes() const { return outcomes_; }
  std::chrono::milliseconds elapsed() const { return elapsed_; }
  std::unique_ptr<LineRecord> TakeRecord() { return std::move(record_); }

 private:
  enum class State { kRunning, kWaiting, kEnded };

  void Take(FanOut::Happening& happening);
  void TakeEnd(std::size_t node, Outcome& outcome);
  void TakeAllEnded();
  // Whether nobody is left whose output could come without an answer.
  bool DoAllWait() const;

  Shell& shell_;
  const std::shared_ptr<FanOut> fan_out_;
  const LineOptions options_;
  Output& output_;
  std::unique_ptr<ProgressLine> progress_;  // drawn while it is in front
  std::unique_ptr<LineRecord> record_;
  std::unique_ptr<Report> report_;
  std::vector<State> states_;
  std::vector<Outcome> outcomes_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds elapsed_{0};
  bool has_ended_ = false;
  bool is_stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace muster::clustershell
