#include "provision/state_folder.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "common/status_macros.h"
#include "common/unique_fd.h"

namespace muster::provision {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;

absl::Status Failed(const std::string& what, const std::string& path) {
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", ::strerror(errno));
  return errno == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

absl::Status WriteAll(int fd, const std::string& text, const std::string& path) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(fd, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("write", path);
    at += static_cast<std::size_t>(count);
  }
  return ::fsync(fd) == 0 ? absl::OkStatus() : Failed("write", path);
}

}  // namespace

absl::StatusOr<std::string> StateFolder() {
  const char* state = ::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return absl::StrCat(state, "/muster");
  const char* home = ::getenv("HOME");
  if (home != nullptr && home[0] == '/') return absl::StrCat(home, "/.local/state/muster");
  return absl::FailedPreconditionError(
      "there is no folder to keep clusters in: neither XDG_STATE_HOME nor HOME names one");
}

absl::Status MakeFolders(const std::string& path) {
  const std::filesystem::path folder(path);
  std::filesystem::path so_far;
  for (const std::filesystem::path& part : folder) {
    so_far /= part;
    if (::mkdir(so_far.c_str(), 0700) == 0 || errno == EEXIST || errno == EISDIR) continue;
    // A folder that exists and may not be written to says EROFS or EACCES.
    struct stat info {};
    if (::stat(so_far.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    return absl::UnavailableError(
        absl::StrCat("cannot make the folder ", so_far.string(), ": ", ::strerror(errno)));
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, " is no folder; remove it"));
}

std::string OwnerName() {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  const uid_t uid = ::geteuid();
  if (::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) {
    std::string name = found->pw_name;
    if (!absl::StrContains(name, '/') && !name.empty()) return name;
  }
  return absl::StrCat(uid);
}

absl::Status ReplaceFile(const std::string& path, const std::string& text) {
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.IsOpen()) return Failed("write", path);
  absl::Status status = WriteAll(file.get(), text, path);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = Failed("write", path);
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const UniqueFd parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC));
  if (parent.IsOpen()) ::fsync(parent.get());
  return absl::OkStatus();
}

absl::Status RemoveFile(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string prefix = file.filename().string() + ".";
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(file.parent_path(), ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (name.size() == prefix.size() + 6 && absl::StartsWith(name, prefix)) {
      ::unlink(entry->path().c_str());
    }
  }
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return Failed("remove", path);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // A pipe without a writer must not hold us up.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.IsOpen()) return Failed("read", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is no regular file"));
  }
  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("read", path);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is larger than 16 MiB"));
    }
  }
}

}  // namespace muster::provision
