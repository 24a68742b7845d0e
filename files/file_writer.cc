#include "files/file_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "files/blocks.h"
#include "files/name.h"
#include "files/open_beneath.h"

namespace muster::files {

namespace {

// By another transfer. From now on by this one, where the file system knows locks.
bool IsTaken(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; }

// Whether `name` still is this file, and not one that another transfer put into place meanwhile.
bool IsNamed(int folder, const std::string& name, int fd) {
  struct stat facts {};
  struct stat named {};
  return ::fstat(fd, &facts) == 0 &&
         ::fstatat(folder, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         named.st_ino == facts.st_ino && named.st_dev == facts.st_dev;
}

}  // namespace

bool IsFull(std::int64_t error) { return error == ENOSPC || error == EDQUOT; }

FileWriter::FileWriter(int folder, std::string name, std::string path, const Entry& entry,
                       bool is_durable)
    : folder_(folder),
      name_(std::move(name)),
      path_(std::move(path)),
      entry_(entry),
      is_durable_(is_durable),
      staging_(StagingName(name_)) {}

FileWriter::~FileWriter() {
  if (file_.IsOpen() && !keeps_) ::unlinkat(folder_, staging_.c_str(), 0);
}

std::optional<Problem> FileWriter::Open(RecordChannel& channel) {
  if (!OpenOld() && !Make()) return Fails("make a file beside", errno);
  keeps_ = entry_.size >= kResumeBytes;
  if (keeps_ && MeasureOld(channel)) return std::nullopt;
  return ResumeAt(0);
}

bool FileWriter::OpenOld() {
  file_ = OpenBeneath(folder_, staging_, O_RDWR | O_NONBLOCK);
  struct stat facts {};
  if (!file_.IsOpen() || ::fstat(file_.get(), &facts) != 0) return false;
  // Nobody else may have written to it, or have it open for that.
  const bool is_ours = S_ISREG(facts.st_mode) && facts.st_uid == ::geteuid() &&
                       (facts.st_mode & 07777) == 0600 && facts.st_nlink == 1;
  if (is_ours && !IsTaken(file_.get()) && IsNamed(folder_, staging_, file_.get())) return true;
  file_.Reset();
  return false;
}

// Under another name where the usual one is taken: by another transfer, or by somebody else.
bool FileWriter::Make() {
  for (int tries = 0; tries < 100; ++tries) {
    file_ = OpenBeneath(folder_, staging_, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file_.IsOpen()) {
      // A umask may have taken more away than it should.
      if (::fchmod(file_.get(), 0600) != 0) return false;
      if (!IsTaken(file_.get()) && IsNamed(folder_, staging_, file_.get())) return true;
      // Another transfer, of another node that shares the folder, took it for one that was left.
      file_.Reset();
    } else if (errno != EEXIST) {
      return false;
    }
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof(random), 0) != sizeof(random)) return false;
    staging_ = StagingName(name_ + "/" + std::to_string(random));
  }
  return false;
}

bool FileWriter::MeasureOld(RecordChannel& channel) {
  struct stat facts {};
  if (::fstat(file_.get(), &facts) != 0 || facts.st_size <= 0) return false;
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  const std::uint64_t whole = std::min(size, entry_.size) / kBlockBytes * kBlockBytes;
  if (whole == 0) return false;
  old_ = DigestOf(file_.get(), whole, channel);
  if (!old_) return false;
  had_ = whole;
  had_digest_ = old_->value();
  return true;
}

std::optional<Problem> FileWriter::ResumeAt(std::uint64_t bytes) {
  if (bytes != 0 && bytes != had_) return Fails("was to go on where nothing is", 0);
  if (bytes != 0) digest_ = *old_;
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) return Fails("cut", errno);
  return std::nullopt;
}

std::optional<Problem> FileWriter::Add(std::string_view payload) {
  FieldReader reader(payload);
  const std::uint64_t at = reader.U64();
  const std::uint64_t sum = reader.U64();
  const std::string_view block = reader.Rest();
  const bool fits = at % kBlockBytes == 0 && at >= digest_.bytes() && at < entry_.size &&
                    block.size() == std::min(kBlockBytes, entry_.size - at);
  if (!fits) return Fails("got a block that is no part of it", 0);
  if (Checksum(block) != sum) return Fails("was damaged on its way", 0);
  digest_.AddZerosUpTo(at);
  digest_.AddBlock(sum, block.size());
  std::size_t written = 0;
  while (written < block.size()) {
    const ssize_t size = ::pwrite(file_.get(), block.data() + written, block.size() - written,
                                  static_cast<off_t>(at + written));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fails("write", errno);
    written += static_cast<std::size_t>(size);
  }
  return std::nullopt;
}

std::optional<Problem> FileWriter::Finish(std::uint64_t digest) {
  Drop();  // a whole file that fails here fails again
  digest_.AddZerosUpTo(entry_.size);
  if (digest_.value() != digest) return Fails("did not arrive as it was sent", 0);
  // A hole at the end; else nothing changes.
  if (::ftruncate(file_.get(), static_cast<off_t>(entry_.size)) != 0) return Fails("write", errno);
  const timespec times[2] = {
      {0, UTIME_OMIT}, {entry_.modified_seconds, static_cast<long>(entry_.modified_nanoseconds)}};
  // A file system that cannot keep these keeps the file.
  std::optional<Problem> problem;
  if (::futimens(file_.get(), times) != 0) problem = Fails("set the time of", errno);
  if (::fchmod(file_.get(), entry_.mode) != 0) problem = Fails("set the mode of", errno);
  if (is_durable_ && ::fsync(file_.get()) != 0) return Fails("write", errno);
  if (::renameat(folder_, staging_.c_str(), folder_, name_.c_str()) != 0) {
    return Fails("put into place", errno);
  }
  file_.Reset();
  if (is_durable_ && ::fsync(folder_) != 0 && errno != EBADF)
    return Fails("write the folder of", errno);
  return problem;
}

}  // namespace muster::files
