// PythonHost: the private node on which a program of C++ calls classes of Python. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::provision {

// How a call that may take its time is watched and ended.
struct HostWatch {
  // What it prints, piece by piece, while it runs.
  std::function<void(bool is_error, const std::string& text)> on_output;
  // Asked every 100 ms: once it is above 0 the call gets KeyboardInterrupt, and has 10 s; above 1
  // it is ended at once.
  std::function<int()> interrupts;
  std::chrono::milliseconds deadline{0};  // 0: none
};

class PythonHost {
 public:
  // The one of this process, started at its first use. Unavailable: it does not start, and why.
  static absl::StatusOr<std::shared_ptr<PythonHost>> Get();

  // The next one is asked for a new one, because this one's node ended.
  static void Forget(const std::shared_ptr<PythonHost>& host);
  // Whether its node ended, as the outcome of a call says.
  static bool IsGone(const Outcome& outcome);

  // What muster._host.call(what, record, method, words) answered. DeadlineExceeded: it was stopped;
  // Internal: its process ended, and how. What it prints goes to stderr while it runs, line by
  // line, behind "SPEAKER: ".
  absl::StatusOr<std::string> Call(const std::string& speaker, const std::string& what,
                                   const std::string& record, const std::string& method,
                                   const std::vector<std::string>& words,
                                   std::chrono::milliseconds deadline);
  // The same in a process of its own, which shares no modules with calls before. Cancelled: it was
  // interrupted before it answered.
  absl::StatusOr<std::string> CallWatched(const std::string& what, const std::string& record,
                                          const std::string& method, const HostWatch& watch);

  // A handle of its node, which has index 1.
  ClusterAPI node() const { return node_.handle(); }
  // Source that makes our packages importable there; empty: they are anyway.
  static std::string ImportLines();
  // The folder that has our packages; empty: where Python looks anyway.
  static std::string ModuleFolder();

  explicit PythonHost(ClusterAPI node) : node_(std::move(node)) {}

 private:
  ClusterAPI node_;
};

}  // namespace muster::provision
