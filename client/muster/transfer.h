// What ClusterAPI::put() and get() take and give back. Part of ClusterAPI.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "export.h"
#include "outcome.h"

namespace muster {

struct TransferOptions {
  // The transfer is stopped when it has taken so long; the node counts. Above 0. None: no deadline.
  std::optional<std::chrono::milliseconds> deadline = {};
  // From the first signal of a stop to SIGKILL, for the node's end.
  std::chrono::milliseconds grace{5000};
  // Where relative paths on the node begin. Empty: where its commands begin.
  std::string directory = {};
  // Each file is on the disk before it gets its name, and so is that. Costs a wait for the disk per
  // file. Without it a crash of the machine may lose what came last.
  bool durable = false;
  // Of get(): a node that sends more than this is cut off; what was whole by then stays. None: no
  // limit. For each node by itself; holes of sparse files do not count as bytes.
  std::optional<std::uint64_t> max_bytes = {};
  std::optional<std::uint64_t> max_files = {};  // files, folders and symlinks
};

// How far a transfer has come. Before the totals are known they are 0.
struct TransferProgress {
  std::uint64_t bytes = 0;  // those included that were there already from an earlier try
  std::uint64_t total_bytes = 0;
  std::uint64_t files = 0;  // files and symlinks
  std::uint64_t total_files = 0;
  std::chrono::milliseconds elapsed{0};  // since put() or get(), until the end
  double bytes_per_second = 0;           // on average
};

// One file that was not copied.
struct MUSTER_EXPORT FileProblem {
  std::string path;  // at the end where it went wrong
  std::string step;  // "open", "write", "is a socket: only files, folders and symlinks are copied"
  int error_number = 0;  // errno; 0: none

  std::string describe() const;  // "open a/b: Permission denied"
};

// Files on their way to a node, or from it. A handle: copies mean the same transfer; when the last
// one goes before the end, the transfer is stopped. Thread-safe. Nothing is called back: who wants
// to show progress asks for it.
class MUSTER_EXPORT Transfer {
 public:
  // Blocks until it has ended. Ok: everything was copied and its checksums were right. Failed: some
  // files were not, the others were; reason names the first, problems() more of them. Anything
  // else: as with a command.
  const Outcome& wait() const;
  // As wait(), for at most `time`; null when it has not ended by then.
  const Outcome* wait_for(std::chrono::milliseconds time) const;
  bool done() const;

  // Stops it. What is whole stays; of a big file that is not, the beginning is kept for the next
  // try (docs/files.md).
  void cancel(std::optional<std::chrono::milliseconds> grace = std::nullopt);

  TransferProgress progress() const;
  // The first 100 at most; complete when it has ended.
  std::vector<FileProblem> problems() const;
  // The node; empty when the target named none.
  const std::string& node() const;
  // As Call::id().
  std::string id() const;

  // Behind the handle; defined by the library.
  class State;
  explicit Transfer(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace muster
