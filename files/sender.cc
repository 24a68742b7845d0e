#include "files/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "files/blocks.h"
#include "files/open_beneath.h"

namespace muster::files {
namespace {

Entry EntryOf(const std::string& name, const struct stat& facts) {
  Entry entry;
  entry.name = name;
  entry.mode = facts.st_mode & 0777;
  entry.modified_seconds = facts.st_mtim.tv_sec;
  entry.modified_nanoseconds = static_cast<std::uint32_t>(facts.st_mtim.tv_nsec);
  return entry;
}

class Counter : public TreeVisitor {
 public:
  explicit Counter(RecordChannel& channel) : channel_(channel) {}
  bool OnFile(int, const std::string&, const std::string&, const struct stat& facts) override {
    ++totals_.files;
    totals_.bytes += static_cast<std::uint64_t>(facts.st_size);
    return true;
  }
  bool OnLink(int, const std::string&, const std::string&, const struct stat&) override {
    ++totals_.files;
    return true;
  }
  bool OnDirectory(const std::string&, const struct stat&) override { return !channel_.IsOver(); }
  bool OnLeave() override { return true; }
  bool OnProblem(const std::string&, const std::string&, int) override { return true; }
  const Totals& totals() const { return totals_; }

 private:
  RecordChannel& channel_;
  Totals totals_;
};

}  // namespace

Totals CountAll(const std::vector<std::string>& paths, RecordChannel& channel) {
  Counter counter(channel);
  for (const std::string& path : paths) {
    if (!WalkTree(path, counter)) break;
  }
  return counter.totals();
}

bool Sender::Send(const std::vector<std::string>& paths, const Begin& begin) {
  progress_.total_bytes = begin.total_bytes;
  progress_.total_files = begin.total_files;
  if (!channel_.Write(RecordType::kBegin, begin.Encode())) return false;
  if (tells_problems_) {
    for (const Problem& problem : problems_.first()) {
      if (!channel_.Write(RecordType::kProblem, problem.Encode())) return false;
    }
  }
  for (const std::string& path : paths) {
    if (!WalkTree(path, *this)) return false;
  }
  return channel_.Write(RecordType::kEnd) && channel_.Flush();
}

void Sender::AddProblem(const std::string& path, const std::string& step, int error) {
  problems_.Add(path, step, error);
}

bool Sender::OnProblem(const std::string& path, const std::string& step, int error) {
  problems_.Add(path, step, error);
  const Problem problem{path, step, error};
  return !tells_problems_ || channel_.Write(RecordType::kProblem, problem.Encode());
}

bool Sender::OnDirectory(const std::string& name, const struct stat& facts) {
  return Listen() && channel_.Write(RecordType::kDirectory, EntryOf(name, facts).Encode());
}

bool Sender::OnLink(int folder, const std::string& name, const std::string& path,
                    const struct stat& facts) {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(folder, name.c_str(), target, sizeof(target));
  if (size < 0) return OnProblem(path, "read the symlink", errno);
  if (size >= PATH_MAX) return OnProblem(path, "read the symlink", ENAMETOOLONG);
  Entry entry = EntryOf(name, facts);
  entry.points_to.assign(target, static_cast<std::size_t>(size));
  ++progress_.files;
  return Listen() && channel_.Write(RecordType::kLink, entry.Encode());
}

bool Sender::OnFile(int folder, const std::string& name, const std::string& path,
                    const struct stat& /*seen*/) {
  // Non-blocking: a fifo may be there by now.
  const UniqueFd file(OpenBeneath(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat facts {};
  if (!file.IsOpen() || ::fstat(file.get(), &facts) != 0) return OnProblem(path, "open", errno);
  if (!S_ISREG(facts.st_mode)) {
    return OnProblem(path, "is no file any more: it changed while it was read", 0);
  }
  Entry entry = EntryOf(name, facts);
  entry.size = static_cast<std::uint64_t>(facts.st_size);
  ++file_;
  is_skipped_ = false;
  if (!Listen() || !channel_.Write(RecordType::kFile, entry.Encode())) return false;
  Digest digest;
  if (entry.size >= kResumeBytes && !AskForOffset(file.get(), entry.size, digest)) return false;
  if (is_skipped_) return true;
  std::string why;
  int error = 0;
  if (!SendBlocks(file.get(), entry.size, digest, why, error)) return false;
  if (!why.empty() || is_skipped_) {
    if (!channel_.Write(RecordType::kFileAbort)) return false;
    return why.empty() || OnProblem(path, why, error);
  }
  ++progress_.files;
  return channel_.Write(RecordType::kFileEnd, FieldWriter().U64(digest.value()).payload());
}

bool Sender::AskForOffset(int fd, std::uint64_t size, Digest& digest) {
  std::uint64_t bytes = 0;
  std::uint64_t theirs = 0;
  for (;;) {
    const std::optional<Record> answer = channel_.Read();
    if (!answer) return false;
    if (answer->type != RecordType::kHave) {
      if (!Hear(*answer)) return false;
      continue;
    }
    FieldReader reader(answer->payload);
    const std::uint64_t which = reader.U64();
    bytes = reader.U64();
    theirs = reader.U64();
    if (!reader.AtEnd() || which != file_) return false;
    break;
  }
  if (bytes == kNothing) {
    is_skipped_ = true;
    return true;
  }
  // What is there may be of another file, or of an older state of this one.
  if (bytes > 0 && bytes <= size && bytes % kBlockBytes == 0) {
    std::optional<Digest> own = DigestOf(fd, bytes, channel_);
    if (own && own->value() == theirs) digest = *own;
  }
  progress_.bytes += digest.bytes();
  return channel_.Write(RecordType::kResume, FieldWriter().U64(digest.bytes()).payload());
}

bool Sender::SendBlocks(int fd, std::uint64_t size, Digest& digest, std::string& why, int& error) {
  DataFinder finder(fd);
  while (digest.bytes() < size) {
    const std::uint64_t before = digest.bytes();
    const std::uint64_t at = finder.Next(before, size);
    digest.AddZerosUpTo(at);
    if (at < size) {
      const std::uint64_t wanted = std::min(kBlockBytes, size - at);
      const auto block = ReadBlock(fd, at, wanted);
      if (!block || block->size() < wanted) {
        why = block ? "became shorter while it was read" : "read";
        error = block ? 0 : errno;
        return true;
      }
      const std::uint64_t sum = Checksum(*block);
      digest.AddBlock(sum, wanted);
      if (!channel_.Write(RecordType::kData,
                          FieldWriter().U64(at).U64(sum).Rest(*block).payload())) {
        return false;
      }
    }
    progress_.bytes += digest.bytes() - before;
    if (size >= kResumeBytes && !Listen()) return false;
    if (is_skipped_) return true;
  }
  return true;
}

bool Sender::Listen() {
  while (const std::optional<Record> record = channel_.ReadIfThere()) {
    if (!Hear(*record)) return false;
  }
  return !channel_.IsBroken();
}

bool Sender::Hear(const Record& record) {
  if (record.type == RecordType::kSkip) {
    // One that comes late means a file that was sent whole.
    is_skipped_ = is_skipped_ || FieldReader(record.payload).U64() == file_;
    return true;
  }
  if (record.type == RecordType::kResult) result_ = Result::Decode(record.payload);
  return false;
}

std::optional<Result> Sender::WaitForResult() {
  while (!result_) {
    const std::optional<Record> record = channel_.Read();
    if (!record) break;
    if (record->type == RecordType::kResult) {
      result_ = Result::Decode(record->payload);
      break;
    }
  }
  return result_;
}

}  // namespace muster::files
