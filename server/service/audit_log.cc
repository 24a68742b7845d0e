#include "server/service/audit_log.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/account.h"
#include "common/file_system.h"
#include "common/trusted_file.h"

namespace muster::server {
namespace {

using Json = nlohmann::ordered_json;

// How much of a command a line shows, bytes.
constexpr std::size_t kShownBytes = 256;

Json NewLine(const char* event, const std::string& node, const Identity& identity) {
  Json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  line["event"] = event;
  line["node"] = node;
  line["user"] = identity.name;
  line["uid"] = identity.uid;
  line["rule"] = identity.rule;
  // Other ways in will be named here.
  line["from"] = "unix";
  return line;
}

std::string IdOf(const ExecutionKey& key) {
  return absl::StrCat(absl::BytesToHexString(key.stream_id), "-", key.sequence);
}

Json CommandOf(const LaunchRequest& launch) {
  switch (launch.kind) {
    case LaunchRequest::Kind::kPython:
      return {{"python", launch.source.substr(0, kShownBytes)}, {"bytes", launch.source.size()}};
    case LaunchRequest::Kind::kShell:
      return {{"shell", launch.source.substr(0, kShownBytes)}, {"bytes", launch.source.size()}};
    case LaunchRequest::Kind::kArgv:
    case LaunchRequest::Kind::kWorker:
    case LaunchRequest::Kind::kFiles:
      break;
  }
  Json arguments = Json::array();
  std::size_t bytes = 0;
  for (const std::string& argument : launch.arguments) {
    if (bytes < kShownBytes) arguments.push_back(argument.substr(0, kShownBytes - bytes));
    bytes += argument.size();
  }
  // Of files: "put" and where to, or "get" and which.
  const char* what = launch.kind == LaunchRequest::Kind::kFiles ? "files" : "argv";
  return {{what, arguments}, {"bytes", bytes}};
}

// All ASCII, on one line; what is no UTF-8 becomes U+FFFD.
std::string Render(const Json& line) {
  return line.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

absl::Status Failed(const std::string& path, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat("the audit log ", path, " ", why));
}

absl::Status CheckFile(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Failed(path, strerror(errno));
  if (!S_ISREG(info.st_mode)) return Failed(path, "is no ordinary file");
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return Failed(path, absl::StrCat("belongs to uid ", info.st_uid, "; it has to be clusterd's"));
  }
  if ((info.st_mode & 077) != 0) {
    return Failed(path, absl::StrCat("is open to others; close it: chmod 600 ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const std::string& path,
                                                         const std::string& node) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (!folder.empty() && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed(path, absl::StrCat("cannot be made: ", folder, ": ", strerror(errno)));
  }
  if (const auto trusted = OpenTrustedFolder(folder.empty() ? "/" : folder, Sharing::kNone);
      !trusted.ok()) {
    return Failed(path, absl::StrCat("cannot be made: ", trusted.status().message()));
  } else if (const std::string network = NetworkFileSystemOf(trusted->get()); !network.empty()) {
    return Failed(path, absl::StrCat("is on a network file system (", network,
                                     "), which may be gone when it is needed; say audit = a file "
                                     "on a local one"));
  }
  UniqueFd file(::open(path.c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file.IsOpen()) return Failed(path, absl::StrCat("cannot be opened: ", strerror(errno)));
  if (absl::Status status = CheckFile(file.get(), path); !status.ok()) return status;
  return std::unique_ptr<AuditLog>(new AuditLog(path, node, std::move(file)));
}

absl::Status AuditLog::Begin(const ExecutionRequest& request) {
  Json line = NewLine("begin", node_, *request.identity);
  line["id"] = IdOf(request.key);
  line["command"] = CommandOf(request.launch);
  const auto& target = request.identity->target;
  const uid_t whom = target.value_or(::geteuid());
  line["run_as"] = whom;
  line["run_as_user"] = UserName(whom);
  if (!request.session.empty()) line["session"] = request.session;
  if (!request.launch.directory.empty()) line["directory"] = request.launch.directory;
  return Append(Render(line));
}

absl::Status AuditLog::End(const ExecutionRequest& request, const Outcome& outcome) {
  Json line = NewLine("end", node_, *request.identity);
  line["id"] = IdOf(request.key);
  line["outcome"] = OutcomeWord(outcome.kind);
  line["exit_code"] = outcome.exit_code;
  if (outcome.signal != 0) line["signal"] = outcome.signal;
  if (!outcome.reason.empty()) line["reason"] = outcome.reason.substr(0, kShownBytes);
  return Append(Render(line));
}

absl::Status AuditLog::OpenSession(const Identity& identity, const std::string& session) {
  Json line = NewLine("session", node_, identity);
  line["session"] = session;
  return Append(Render(line));
}

absl::Status AuditLog::Denied(const Identity& identity, const std::string& what) {
  Json line = NewLine("denied", node_, identity);
  line["reason"] = what.substr(0, kShownBytes);
  return Append(Render(line));
}

absl::Status AuditLog::Stopped(const Identity& identity, const ExecutionKey& key) {
  Json line = NewLine("stop", node_, identity);
  line["id"] = IdOf(key);
  return Append(Render(line));
}

absl::Status AuditLog::Append(std::string line) {
  MutexLock lock(mutex_);
  struct stat before {};
  if (::fstat(file_.get(), &before) != 0) return Failed(path_, strerror(errno));
  if (before.st_nlink == 0) return Failed(path_, "was removed; restart clusterd");
  const ssize_t written = ::write(file_.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return absl::OkStatus();
  const int error = written < 0 ? errno : ENOSPC;
  // Half a line is worse than none.
  if (written > 0 && ::ftruncate(file_.get(), before.st_size) != 0) {
    return Failed(path_, absl::StrCat("holds half a line: ", strerror(errno)));
  }
  return Failed(path_, absl::StrCat("cannot be written: ", strerror(error)));
}

}  // namespace muster::server
