// FileWriter: one file on its way in: written under a staging name, private, and given its own name
// when it is whole. What was written of a big one (from kResumeBytes on) stays when the transfer
// breaks off, and the next one goes on there. Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/unique_fd.h"
#include "files/channel.h"
#include "files/checksum.h"
#include "files/problem.h"
#include "files/record.h"

namespace muster::files {

class FileWriter {
 public:
  // `folder` has to live longer. `path` is for messages.
  FileWriter(int folder, std::string name, std::string path, const Entry& entry, bool is_durable);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Each of these may fail; then nothing of the file is to be written any more.
  std::optional<Problem> Open(RecordChannel& channel);
  std::optional<Problem> ResumeAt(std::uint64_t bytes);
  // The payload of kData.
  std::optional<Problem> Add(std::string_view payload);
  std::optional<Problem> Finish(std::uint64_t digest);

  // What an earlier transfer left, after Open: whole blocks from the beginning.
  std::uint64_t had() const { return had_; }
  std::uint64_t had_digest() const { return had_digest_; }
  std::uint64_t bytes() const { return digest_.bytes(); }
  std::uint64_t size() const { return entry_.size; }
  // Nothing of it is kept.
  void Drop() { keeps_ = false; }

 private:
  Problem Fails(const std::string& step, int error) const { return {path_, step, error}; }
  // A staging file of an earlier transfer that may be trusted.
  bool OpenOld();
  bool Make();
  bool MeasureOld(RecordChannel& channel);

  const int folder_;
  const std::string name_;
  const std::string path_;
  const Entry entry_;
  const bool is_durable_;
  std::string staging_;
  UniqueFd file_;
  bool keeps_ = false;
  Digest digest_;
  std::uint64_t had_ = 0;
  std::uint64_t had_digest_ = 0;
  std::optional<Digest> old_;
};

// No more will fit into this file system: to go on would be in vain.
bool IsFull(std::int64_t error);

}  // namespace muster::files
