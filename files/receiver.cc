#include "files/receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "files/name.h"
#include "files/open_beneath.h"

namespace muster::files {
namespace {

// Things at the top of one transfer, whose names are remembered.
constexpr std::size_t kMostTopNames = 100'000;

void SetTimes(int folder, const char* name, const Entry& entry) {
  const timespec times[2] = {
      {0, UTIME_OMIT}, {entry.modified_seconds, static_cast<long>(entry.modified_nanoseconds)}};
  if (name == nullptr) {
    ::futimens(folder, times);
  } else {
    ::utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
  }
}

}  // namespace

Receiver::End Receiver::Run() {
  for (;;) {
    const std::optional<Record> record = channel_.Read();
    if (!record) {
      if (channel_.IsBroken()) return Refuse("is no transfer of files");
      return End::kGone;
    }
    if (const std::optional<End> end = Take(*record)) return *end;
  }
}

Result Receiver::MakeResult() const {
  Result result;
  result.files = progress_.files;
  result.bytes = progress_.bytes;
  result.problems = problems_;
  return result;
}

Receiver::End Receiver::Refuse(const std::string& why) {
  problems_.Add("what comes", why, 0);
  return End::kBroken;
}

Receiver::End Receiver::GiveUp(Problem problem) {
  if (writer_ != nullptr) writer_->Drop();
  writer_.reset();
  problems_.Add(std::move(problem));
  return End::kGaveUp;
}

std::string Receiver::NameOf(const Entry& entry) const {
  return levels_.empty() ? root_.NameOf(entry.name) + wanted_.suffix : entry.name;
}

std::string Receiver::PathOf(const Entry& entry) const {
  if (levels_.empty()) return root_.PathOf(entry.name) + wanted_.suffix;
  return levels_.back().path + "/" + entry.name;
}

std::optional<Receiver::End> Receiver::Take(const Record& record) {
  if (!has_begun_) return TakeBegin(record);
  if (is_in_file_) return TakeInFile(record);
  switch (record.type) {
    case RecordType::kDirectory:
    case RecordType::kFile:
    case RecordType::kLink:
      return TakeEntry(record);
    case RecordType::kLeave:
      if (levels_.empty()) return Refuse("leaves a folder that it did not enter");
      return Leave();
    case RecordType::kProblem: {
      auto problem = Problem::Decode(record.payload);
      if (!problem) return Refuse("holds a problem that cannot be read");
      problems_.Add(*std::move(problem));
      return std::nullopt;
    }
    case RecordType::kEnd:
      if (!levels_.empty()) return Refuse("ends inside of a folder");
      if (is_durable_ && root_.IsOpen()) ::fsync(root_.folder());
      return End::kComplete;
    default:
      return Refuse("holds a record out of its turn");
  }
}

std::optional<Receiver::End> Receiver::TakeBegin(const Record& record) {
  const std::optional<Begin> begin = Begin::Decode(record.payload);
  if (record.type != RecordType::kBegin || !begin || begin->version != Begin::kVersion) {
    return Refuse("is no transfer that this version knows: update the older end");
  }
  has_begun_ = true;
  is_durable_ = begin->is_durable || wanted_.is_durable;
  progress_.total_bytes = begin->total_bytes;
  progress_.total_files = begin->total_files;
  // Who asked for something sees what comes: for nothing no folder is made.
  return wanted_.asked.empty() ? OpenRoot(begin->is_many) : std::nullopt;
}

std::optional<Receiver::End> Receiver::OpenRoot(bool is_many) {
  if (auto problem = root_.Open(wanted_.destination, is_many)) {
    return GiveUp(*std::move(problem));
  }
  return std::nullopt;
}

// A name that exists as it stands is no pattern, but only the other end can look.
bool Receiver::IsAskedName(const Entry& entry) const {
  if (wanted_.asked.size() != 1) return false;
  const std::string& asked = wanted_.asked.front();
  return entry.name == BaseName(asked) && !IsPattern(FolderOf(asked));
}

std::string Receiver::WhyNotWanted(const Entry& entry) {
  if (!IsPlainName(NameOf(entry))) return "has a name that is too long here";
  if (!levels_.empty()) return "";
  const auto is_asked = [&](const std::string& path) { return MayComeOf(entry.name, path); };
  if (!wanted_.asked.empty() &&
      std::none_of(wanted_.asked.begin(), wanted_.asked.end(), is_asked)) {
    return "was not asked for";
  }
  if (top_names_.size() >= kMostTopNames)
    return "is one of too many side by side: copy their folder";
  if (!top_names_.insert(NameOf(entry)).second) return "comes a second time under this name";
  return "";
}

std::optional<Receiver::End> Receiver::TakeEntry(const Record& record) {
  const std::optional<Entry> entry = Entry::Decode(record.payload);
  if (!entry) return Refuse("holds a name, or another fact of a file, that may not be");
  if (!root_.IsOpen()) {
    if (auto end = OpenRoot(wanted_.is_many && !IsAskedName(*entry))) return end;
  }
  if (wanted_.max_files && ++entries_ > *wanted_.max_files) {
    return GiveUp(
        {PathOf(*entry), "is more than max_files, " + std::to_string(*wanted_.max_files), 0});
  }
  std::string why_not = IsSkipping() ? "" : WhyNotWanted(*entry);
  if (!why_not.empty()) {
    problems_.Add(PathOf(*entry), why_not, 0);
    if (record.type == RecordType::kLink) return std::nullopt;
  }
  const bool is_wanted = why_not.empty() && !IsSkipping();
  switch (record.type) {
    case RecordType::kDirectory:
      if (levels_.size() >= kMaxDepth) return Refuse("is too deep");
      if (is_wanted) return Enter(*entry);
      levels_.push_back({UniqueFd(), PathOf(*entry), *entry});
      return std::nullopt;
    case RecordType::kLink:
      return is_wanted ? MakeLink(*entry) : std::nullopt;
    default:
      if (is_wanted) return BeginFile(*entry);
      ++file_;
      is_in_file_ = entry->size < kResumeBytes;
      if (!is_in_file_) AnswerHave(kNothing, 0);
      return std::nullopt;
  }
}

std::optional<Receiver::End> Receiver::Enter(const Entry& entry) {
  const std::string name = NameOf(entry);
  Level level{UniqueFd(), PathOf(entry), entry};
  const bool is_new = ::mkdirat(Folder(), name.c_str(), 0700) == 0;
  const int error = errno;
  if (is_new || error == EEXIST) {
    level.folder = OpenBeneath(Folder(), name, O_RDONLY | O_DIRECTORY);
    if (!level.folder.IsOpen()) problems_.Add(level.path, "open the folder", errno);
  } else {
    problems_.Add(level.path, "make the folder", error);
    if (IsFull(error)) return End::kGaveUp;
  }
  struct stat facts {};
  if (level.folder.IsOpen() && !is_new && ::fstat(level.folder.get(), &facts) == 0) {
    level.is_ours = facts.st_uid == ::geteuid();
    level.kept_bits = facts.st_mode & 07000;
    // Of an earlier transfer of the same tree, which does not let its own owner write.
    if (level.is_ours && (facts.st_mode & 0300) != 0300) {
      ::fchmod(level.folder.get(), (facts.st_mode & 07777) | 0700);
    }
    RemoveStale(level.folder.get());
  }
  levels_.push_back(std::move(level));
  return std::nullopt;
}

// A folder of somebody else's keeps its mode and time.
std::optional<Receiver::End> Receiver::Leave() {
  const Level level = std::move(levels_.back());
  levels_.pop_back();
  if (!level.folder.IsOpen() || !level.is_ours) return std::nullopt;
  const int folder = level.folder.get();
  if (::fchmod(folder, level.kept_bits | level.entry.mode) != 0) {
    problems_.Add(level.path, "set the mode of", errno);
  }
  SetTimes(folder, nullptr, level.entry);
  if (is_durable_ && ::fsync(folder) != 0) problems_.Add(level.path, "write", errno);
  return std::nullopt;
}

std::optional<Receiver::End> Receiver::MakeLink(const Entry& entry) {
  const std::string name = NameOf(entry);
  const std::string path = PathOf(entry);
  const std::string staging = StagingName(name);
  if (entry.points_to.empty()) return Refuse("holds a symlink to nothing");
  int failed = ::symlinkat(entry.points_to.c_str(), Folder(), staging.c_str());
  if (failed != 0 && errno == EEXIST) {
    // Of an earlier transfer. If it is somebody else's it stays, and this fails.
    ::unlinkat(Folder(), staging.c_str(), 0);
    failed = ::symlinkat(entry.points_to.c_str(), Folder(), staging.c_str());
  }
  if (failed != 0) {
    Problem problem{path, "make the symlink", errno};
    if (IsFull(problem.error)) return GiveUp(std::move(problem));
    problems_.Add(std::move(problem));
    return std::nullopt;
  }
  SetTimes(Folder(), staging.c_str(), entry);
  if (::renameat(Folder(), staging.c_str(), Folder(), name.c_str()) != 0) {
    problems_.Add(path, "put into place", errno);
    ::unlinkat(Folder(), staging.c_str(), 0);
    return std::nullopt;
  }
  ++progress_.files;
  return std::nullopt;
}

// Whether it arrived is no question here: a sender that is gone is found so by the next read,
// behind all that it said before.
void Receiver::Answer(RecordType type, const FieldWriter& fields) {
  if (channel_.Write(type, fields.payload())) channel_.Flush();
}

void Receiver::AnswerHave(std::uint64_t bytes, std::uint64_t digest) {
  Answer(RecordType::kHave, FieldWriter().U64(file_).U64(bytes).U64(digest));
}

std::optional<Receiver::End> Receiver::BeginFile(const Entry& entry) {
  ++file_;
  is_in_file_ = true;
  awaits_resume_ = entry.size >= kResumeBytes;
  writer_ =
      std::make_unique<FileWriter>(Folder(), NameOf(entry), PathOf(entry), entry, is_durable_);
  std::optional<Problem> problem = writer_->Open(channel_);
  if (!problem) {
    if (awaits_resume_) AnswerHave(writer_->had(), writer_->had_digest());
    return std::nullopt;
  }
  writer_->Drop();
  writer_.reset();
  if (IsFull(problem->error)) return GiveUp(*std::move(problem));
  problems_.Add(*std::move(problem));
  if (awaits_resume_) {
    is_in_file_ = false;
    AnswerHave(kNothing, 0);
  }
  return std::nullopt;
}

std::optional<Receiver::End> Receiver::Fail(Problem problem) {
  if (IsFull(problem.error)) return GiveUp(std::move(problem));
  const bool is_big = writer_->size() >= kResumeBytes;
  problems_.Add(std::move(problem));
  writer_.reset();
  if (is_big) Answer(RecordType::kSkip, FieldWriter().U64(file_));
  return std::nullopt;
}

std::optional<Receiver::End> Receiver::TakeInFile(const Record& record) {
  const bool is_resume = record.type == RecordType::kResume;
  if (is_resume != awaits_resume_) return Refuse("holds a record out of its turn");
  awaits_resume_ = false;
  std::optional<Problem> problem;
  const std::uint64_t before = writer_ == nullptr ? 0 : writer_->bytes();
  switch (record.type) {
    case RecordType::kResume:
      if (writer_ != nullptr) problem = writer_->ResumeAt(FieldReader(record.payload).U64());
      break;
    case RecordType::kData:
      data_bytes_ += record.payload.size();
      if (wanted_.max_bytes && data_bytes_ > *wanted_.max_bytes) {
        return GiveUp(
            {"what comes", "is more than max_bytes, " + std::to_string(*wanted_.max_bytes), 0});
      }
      if (writer_ != nullptr) problem = writer_->Add(record.payload);
      break;
    case RecordType::kFileAbort:
      is_in_file_ = false;
      writer_.reset();
      return std::nullopt;
    case RecordType::kFileEnd:
      is_in_file_ = false;
      if (writer_ == nullptr) return std::nullopt;
      problem = writer_->Finish(FieldReader(record.payload).U64());
      break;
    default:
      return Refuse("holds a record out of its turn");
  }
  if (problem) return Fail(*std::move(problem));
  if (writer_ == nullptr) return std::nullopt;
  progress_.bytes += writer_->bytes() - before;
  if (!is_in_file_) {
    ++progress_.files;
    writer_.reset();
  }
  return std::nullopt;
}

}  // namespace muster::files
