#include "common/kept_file.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "common/unique_fd.h"

namespace muster {
namespace {

constexpr std::size_t kMaxBytes = 16u << 20;

void MakeFolders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0700);  // that it fails, open will tell
  }
}

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

KeptFile::KeptFile(std::string path, std::string what)
    : path_(std::move(path)), what_(std::move(what)) {}

absl::StatusOr<std::string> KeptFile::Read() const {
  // In a home that is closed to us there is nothing of ours.
  if (path_.empty() || ::access(path_.c_str(), F_OK) != 0) return std::string();
  const absl::StatusOr<UniqueFd> file = OpenTrustedFile(path_, Trust::kNamed);
  if (absl::IsNotFound(file.status())) return std::string();
  if (!file.ok()) {
    return absl::Status(file.status().code(), absl::StrCat(what_, ": ", file.status().message()));
  }
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(file->get(), buffer, sizeof buffer)) > 0 && text.size() < kMaxBytes) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  if (count == 0) return text;
  return absl::InvalidArgumentError(
      absl::StrCat("cannot read ", what_, " in ", path_, ": ",
                   count < 0 ? ::strerror(errno) : "the file is larger than 16 MiB"));
}

absl::Status KeptFile::Change(const Edit& edit) const {
  if (path_.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no place to keep ", what_, ": set HOME"));
  }
  MakeFolders(path_);
  // The lock has a file of its own: the other one is another after each change.
  const UniqueFd lock(::open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.IsOpen() || ::flock(lock.get(), LOCK_EX) != 0) return CannotWrite();
  ASSIGN_OR_RETURN(const std::string before, Read());
  ASSIGN_OR_RETURN(const std::string after, edit(before));
  return after == before ? absl::OkStatus() : Replace(after);
}

absl::Status KeptFile::CannotWrite() const {
  return absl::UnavailableError(
      absl::StrCat("cannot write ", what_, " to ", path_, ": ", ::strerror(errno)));
}

absl::Status KeptFile::Replace(const std::string& text) const {
  std::string fresh = path_ + ".XXXXXX";
  const UniqueFd file(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!file.IsOpen()) return CannotWrite();
  if (WriteAll(file.get(), text) && ::fsync(file.get()) == 0 &&
      ::rename(fresh.c_str(), path_.c_str()) == 0) {
    return absl::OkStatus();
  }
  absl::Status failed = CannotWrite();
  ::unlink(fresh.c_str());
  return failed;
}

}  // namespace muster
