// Sender: the end of a transfer that has the files: walks them and says what they are, as records.
// Reads each file once, a block at a time. Single-threaded.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "files/channel.h"
#include "files/checksum.h"
#include "files/problem.h"
#include "files/progress.h"
#include "files/tree_walk.h"

namespace muster::files {

// How much there is to send, as far as can be seen.
struct Totals {
  std::uint64_t files = 0;  // and links
  std::uint64_t bytes = 0;
};
// Cut short when the transfer is over.
Totals CountAll(const std::vector<std::string>& paths, RecordChannel& channel);

class Sender : private TreeVisitor {
 public:
  // `tells_problems`: also to the receiver.
  Sender(RecordChannel& channel, bool tells_problems, Progress& progress)
      : channel_(channel), tells_problems_(tells_problems), progress_(progress) {}

  // Before Send: a source that is not there.
  void AddProblem(const std::string& path, const std::string& step, int error);
  // All of them, to the end. False: the receiver wanted no more, or is gone; a result of its own
  // may say why.
  bool Send(const std::vector<std::string>& paths, const Begin& begin);
  // Blocks until the receiver says how it ended; empty: it did not.
  std::optional<Result> WaitForResult();

  const ProblemList& problems() const { return problems_; }

 private:
  // TreeVisitor
  bool OnFile(int folder, const std::string& name, const std::string& path,
              const struct stat& facts) override;
  bool OnLink(int folder, const std::string& name, const std::string& path,
              const struct stat& facts) override;
  bool OnDirectory(const std::string& name, const struct stat& facts) override;
  bool OnLeave() override { return channel_.Write(RecordType::kLeave); }
  bool OnProblem(const std::string& path, const std::string& step, int error) override;

  // What the receiver said meanwhile. False: it wants no more.
  bool Listen();
  bool Hear(const Record& record);
  // Asks what the receiver has. False: the transfer is over.
  bool AskForOffset(int fd, std::uint64_t size, Digest& digest);
  // Why the file was not sent whole; "" when it was. False: the transfer is over.
  bool SendBlocks(int fd, std::uint64_t size, Digest& digest, std::string& why, int& error);

  RecordChannel& channel_;
  const bool tells_problems_;
  Progress& progress_;
  ProblemList problems_;
  std::optional<Result> result_;
  std::uint64_t file_ = 0;   // how many were begun
  bool is_skipped_ = false;  // the receiver does not want the rest of this one
};

}  // namespace muster::files
