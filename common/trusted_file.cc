#include "common/trusted_file.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/status_macros.h"
#include "common/trusted_path.h"

namespace muster {
namespace {

absl::Status Failed(const char* what, const std::string& path, int error) {
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", ::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

absl::Status WillNotRead(const std::string& path, const std::string& why) {
  return absl::PermissionDeniedError(absl::StrCat("will not read ", path, ": ", why));
}

const char* KindOf(mode_t mode) {
  if (S_ISFIFO(mode)) return "it is a FIFO or a pipe";
  if (S_ISSOCK(mode)) return "it is a socket";
  return "it is a device";
}

absl::Status CheckFile(const std::string& path, const struct stat& info, Trust trust) {
  if (!IsOurs(info)) return WillNotRead(path, ForeignOwner(path, info));
  const mode_t writable = trust == Trust::kNamed ? S_IWOTH : S_IWGRP | S_IWOTH;
  if ((info.st_mode & writable) != 0) {
    return WillNotRead(
        path, absl::StrCat("others may write to it; say: chmod go-w ", QuotedForShell(path)));
  }
  if (trust == Trust::kSecret && (info.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    return WillNotRead(path,
                       absl::StrCat("others may read it, and it is a secret; say: chmod go-r ",
                                    QuotedForShell(path)));
  }
  return absl::OkStatus();
}

// The path may have led somewhere else when it was opened.
bool IsSame(const struct stat& opened, const struct stat& walked) {
  return opened.st_dev == walked.st_dev && opened.st_ino == walked.st_ino;
}

}  // namespace

absl::StatusOr<UniqueFd> OpenTrustedFile(const std::string& path, Trust trust) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file.IsOpen() || ::fstat(file.get(), &info) != 0) return Failed("open", path, errno);
  if (S_ISDIR(info.st_mode)) return Failed("read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": ", KindOf(info.st_mode),
                                                   ", and has to be a regular file"));
  }
  RETURN_IF_ERROR(CheckFile(path, info, trust));
  if (trust == Trust::kNamed) return file;
  const auto walked = WalkTrusted(path);
  if (!walked.ok()) return WillNotRead(path, std::string(walked.status().message()));
  if (!IsSame(info, *walked)) return WillNotRead(path, "it was exchanged while it was opened");
  return file;
}

absl::StatusOr<UniqueFd> OpenTrustedFolder(const std::string& path, Sharing sharing) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!folder.IsOpen() || ::fstat(folder.get(), &info) != 0) {
    return Failed("open the folder", path, errno);
  }
  if (!IsOurs(info)) {
    return absl::FailedPreconditionError(
        absl::StrCat("will not use the folder ", path, ": ", ForeignOwner(path, info)));
  }
  const bool shared = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (shared && (sharing == Sharing::kNone || (info.st_mode & S_ISVTX) == 0)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "others may write to the folder ", path, "; close it: chmod go-w ", QuotedForShell(path)));
  }
  const auto walked = WalkTrusted(path);
  if (!walked.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("will not use the folder ", path, ": ", walked.status().message()));
  }
  if (!IsSame(info, *walked)) {
    return absl::FailedPreconditionError(
        absl::StrCat("will not use the folder ", path, ": it was exchanged while it was opened"));
  }
  return folder;
}

}  // namespace muster
