#include "files/destination.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files/name.h"
#include "files/open_beneath.h"

namespace muster::files {
namespace {

constexpr time_t kStaleSeconds = time_t{7} * 24 * 3600;

bool IsStale(int folder, const char* name) {
  struct stat facts {};
  return ::fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode) &&
         facts.st_uid == ::geteuid() && facts.st_mtim.tv_sec < ::time(nullptr) - kStaleSeconds;
}

}  // namespace

std::optional<Problem> Destination::Open(const std::string& path, bool is_many) {
  if (path.empty()) return Problem{"the destination", "has no name", 0};
  struct stat facts {};
  const bool exists = ::stat(path.c_str(), &facts) == 0;
  const int error = errno;
  if (exists && S_ISDIR(facts.st_mode)) return OpenFolder(path);
  if (is_many || path.back() == '/') {
    const std::string folder(WithoutSlashes(path));
    if (exists) return Problem{folder, "open the folder", ENOTDIR};
    if (error != ENOENT) return Problem{folder, "open the folder", error};
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
      return Problem{folder, "make the folder", errno};
    }
    return OpenFolder(folder);
  }
  only_name_ = BaseName(path);
  if (!IsPlainName(only_name_)) return Problem{path, "cannot be the name of what comes", 0};
  return OpenFolder(FolderOf(path));
}

std::optional<Problem> Destination::OpenFolder(const std::string& path) {
  folder_.Reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // One that may be written to, but not listed.
  if (!folder_.IsOpen() && errno == EACCES) {
    folder_.Reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  if (!folder_.IsOpen()) return Problem{path, "open the folder", errno};
  path_ = path;
  RemoveStale(folder_.get());
  return std::nullopt;
}

std::string Destination::PathOf(const std::string& name) const {
  if (path_ == ".") return NameOf(name);
  return path_ + (path_.ends_with('/') ? "" : "/") + NameOf(name);
}

void RemoveStale(int folder) {
  const int fd = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = fd < 0 ? nullptr : ::fdopendir(fd);
  if (entries == nullptr) {
    if (fd >= 0) ::close(fd);
    return;
  }
  while (const dirent* entry = ::readdir(entries)) {
    if (!IsStagingName(entry->d_name) || !IsStale(folder, entry->d_name)) continue;
    const UniqueFd file = OpenBeneath(folder, entry->d_name, O_RDONLY | O_NONBLOCK);
    if (file.IsOpen() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      ::unlinkat(folder, entry->d_name, 0);
    }
  }
  ::closedir(entries);
}

}  // namespace muster::files
