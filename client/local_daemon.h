// LocalDaemon: one `clusterd` of an embedded cluster, a child of this process. It ends, with all it
// runs, when the socket closes that it holds in common with us: also when we are killed. Movable;
// one thread at a time.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "common/last_words.h"
#include "common/unique_fd.h"

namespace muster {

class LocalDaemon {
 public:
  struct Options {
    std::string program;  // path of clusterd
    std::string name;
    std::string socket;  // where it listens
    int workers = 0;     // 0: as it chooses
  };
  // Returns when it runs; it is not ready yet.
  static absl::StatusOr<LocalDaemon> Start(const Options& options);

  // Ok when it has said that it listens. Else why not, in its own words.
  absl::Status WaitUntilReady(std::chrono::steady_clock::time_point deadline);

  // Tells it to end. Does not wait.
  void Close() { lifeline_.Reset(); }
  // After Close: waits, kills what is left at `deadline`, reaps, and passes on to our stderr what
  // it had to say (it is told to speak of errors only).
  void WaitForEnd(std::chrono::steady_clock::time_point deadline);

 private:
  absl::Status DidNotStart(const std::string& why);

  std::string name_;
  ChildProcess child_;
  UniqueFd lifeline_;
  UniqueFd stdout_;
  std::unique_ptr<LastWords> words_;
  bool is_told_ = false;  // the words are in a status
};

}  // namespace muster
