#include "server/service/listener.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/address.h"
#include "common/file_system.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"

namespace muster::server {
namespace {

absl::Status Failed(const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", strerror(errno)));
}

// The folder of the socket, made if it is missing, ours or root's, and not open to others: whoever
// may write there could put a socket of his own in the place of ours. On a network file system the
// socket's file would be seen where nobody can connect to it, and the lock may not hold.
absl::Status CheckFolder(const std::string& folder) {
  const bool is_new = ::mkdir(folder.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) {
    return Failed(absl::StrCat("cannot make the folder ", folder));
  }
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenTrustedFolder(folder, Sharing::kSticky));
  const std::string network = NetworkFileSystemOf(fd.get());
  if (network.empty()) return absl::OkStatus();
  if (is_new) ::rmdir(folder.c_str());
  return absl::FailedPreconditionError(
      absl::StrCat("the folder ", folder, " is on a network file system (", network,
                   "), where a socket and its lock do not work; listen on a local one, such as "
                   "--listen unix:/run/muster/clusterd.sock"));
}

// Locks the file, and makes sure that it is still the one at this path: its last owner removes it.
absl::Status Lock(const std::string& path, const std::string& socket, UniqueFd& lock) {
  for (;;) {
    lock.Reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.IsOpen()) return Failed(absl::StrCat("cannot open the lock ", path));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      char pid[32] = {};
      [[maybe_unused]] const ssize_t size = ::pread(lock.get(), pid, sizeof(pid) - 1, 0);
      return absl::AlreadyExistsError(
          absl::StrCat("another clusterd listens on unix:", socket, " already, process ", atoi(pid),
                       "; stop it (kill ", atoi(pid), "), or give this one another --listen"));
    }
    struct stat locked {};
    struct stat there {};
    if (::fstat(lock.get(), &locked) == 0 && ::stat(path.c_str(), &there) == 0 &&
        locked.st_ino == there.st_ino) {
      break;
    }
  }
  const std::string pid = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return Failed(absl::StrCat("cannot write the lock ", path));
  }
  return absl::OkStatus();
}

// Removes the socket that a killed daemon left behind, and nothing else: a path that was mistyped
// must not cost anybody a file.
absl::Status RemoveOldSocket(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " is there already and is no socket; remove it, or give this one another --listen"));
  }
  return ::unlink(path.c_str()) == 0 ? absl::OkStatus()
                                     : Failed(absl::StrCat("cannot replace the old socket ", path));
}

absl::Status Bind(const std::string& path, UniqueFd& socket) {
  RETURN_IF_ERROR(RemoveOldSocket(path));
  socket.Reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ::memcpy(address.sun_path, path.data(), path.size());
  const mode_t mask = ::umask(0177);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  ::umask(mask);
  if (bound != 0) return Failed(absl::StrCat("cannot bind unix:", path));
  if (::listen(socket.get(), SOMAXCONN) != 0)
    return Failed(absl::StrCat("cannot listen on ", path));
  return absl::OkStatus();
}

absl::Status OpenToOthers(const std::string& path, const std::string& folder, bool is_ours) {
  if (::chmod(path.c_str(), 0666) != 0) return Failed(absl::StrCat("cannot open ", path));
  if (is_ours && ::chmod(folder.c_str(), 0711) != 0) {
    return Failed(absl::StrCat("cannot open the folder ", folder));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Listener> Listener::Open(const std::string& path, bool for_others) {
  Listener listener;
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const bool is_new = ::access(folder.c_str(), F_OK) != 0;
  RETURN_IF_ERROR(CheckFolder(folder));
  RETURN_IF_ERROR(Lock(path + ".lock", path, listener.lock_));
  listener.path_ = path;
  RETURN_IF_ERROR(Bind(path, listener.socket_));
  listener.bound_ = true;
  if (for_others) {
    RETURN_IF_ERROR(OpenToOthers(path, folder, is_new || path == DefaultSocketPath()));
  }
  return listener;
}

std::string Listener::ClosedFolder() const {
  for (std::size_t slash = path_.find('/', 1); slash != std::string::npos;
       slash = path_.find('/', slash + 1)) {
    std::string folder = path_.substr(0, slash);
    struct stat info {};
    if (::stat(folder.c_str(), &info) == 0 && (info.st_mode & S_IXOTH) == 0) return folder;
  }
  return "";
}

Listener::~Listener() {
  if (!lock_.IsOpen()) return;
  if (bound_) ::unlink(path_.c_str());
  if (!path_.empty()) ::unlink((path_ + ".lock").c_str());
}

}  // namespace muster::server
