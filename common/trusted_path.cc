#include "common/trusted_path.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "common/status_macros.h"

namespace muster {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel

absl::Status CannotLook(const std::string& path) {
  return absl::PermissionDeniedError(
      absl::StrCat("cannot look at ", path, ": ", ::strerror(errno)));
}

absl::Status CheckFolder(const std::string& path, const struct stat& info) {
  if (!IsOurs(info)) {
    return absl::PermissionDeniedError(absl::StrCat("the folder ", path,
                                                    " above it belongs to user ", info.st_uid,
                                                    ", neither to you nor to root, who could "
                                                    "exchange it; put it into a folder of yours "
                                                    "or root's"));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (info.st_mode & S_ISVTX) == 0) {
    return absl::PermissionDeniedError(absl::StrCat("others may write to the folder ", path,
                                                    " above it; say: chmod go-w ",
                                                    QuotedForShell(path)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadLink(const std::string& path, const struct stat& info) {
  if (!IsOurs(info)) {
    return absl::PermissionDeniedError(absl::StrCat("the symbolic link ", path, " belongs to user ",
                                                    info.st_uid,
                                                    ", neither to you nor to root; say: "
                                                    "chown -h ",
                                                    ::geteuid(), " ", QuotedForShell(path)));
  }
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return CannotLook(path);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

absl::StatusOr<std::string> Absolute(const std::string& path) {
  if (!path.empty() && path[0] == '/') return path;
  const std::unique_ptr<char, decltype(&::free)> here(::getcwd(nullptr, 0), &::free);
  if (here == nullptr) return CannotLook("the working directory");
  return absl::StrCat(here.get(), "/", path);
}

// The names of a path, the last one first.
std::vector<std::string> Backwards(const std::string& path) {
  std::vector<std::string> names = absl::StrSplit(path, '/', absl::SkipEmpty());
  return {names.rbegin(), names.rend()};
}

}  // namespace

bool IsOurs(const struct stat& info) { return info.st_uid == ::geteuid() || info.st_uid == 0; }

std::string ForeignOwner(const std::string& path, const struct stat& info) {
  return absl::StrCat("it belongs to user ", info.st_uid,
                      ", neither to you nor to root; say: chown ", ::geteuid(), " ",
                      QuotedForShell(path));
}

std::string QuotedForShell(const std::string& text) {
  const bool plain = text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "/._-+,:@%=") == std::string::npos;
  if (plain && !text.empty()) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

namespace {

// Where a name leads from `here`, which holds no link.
std::string Next(const std::string& here, const std::string& name) {
  if (name != "..") return absl::StrCat(here == "/" ? "" : here, "/", name);
  const std::size_t slash = here.rfind('/');
  return slash == 0 ? "/" : here.substr(0, slash);
}

absl::Status Look(const std::string& path, struct stat& info) {
  return ::lstat(path.c_str(), &info) == 0 ? absl::OkStatus() : CannotLook(path);
}

absl::Status NotPossible(const std::string& path, int error) {
  errno = error;
  return CannotLook(path);
}

struct Walk {
  std::vector<std::string> ahead;  // the next name last
  std::string here = "/";  // no link in it, so that its parent is its text without the last name
  struct stat info {};     // of here
  int links = 0;
};

absl::Status Follow(const std::string& link, Walk& walk) {
  if (++walk.links > kMaxLinks) return NotPossible(link, ELOOP);
  ASSIGN_OR_RETURN(const std::string target, ReadLink(link, walk.info));
  if (!target.empty() && target[0] == '/') walk.here = "/";
  // In front of what was ahead.
  for (std::string& part : Backwards(target)) walk.ahead.push_back(std::move(part));
  return Look(walk.here, walk.info);
}

absl::Status Step(Walk& walk) {
  const std::string name = std::move(walk.ahead.back());
  walk.ahead.pop_back();
  if (name == ".") return absl::OkStatus();
  if (!S_ISDIR(walk.info.st_mode)) return NotPossible(walk.here, ENOTDIR);
  RETURN_IF_ERROR(CheckFolder(walk.here, walk.info));
  std::string next = Next(walk.here, name);
  RETURN_IF_ERROR(Look(next, walk.info));
  if (S_ISLNK(walk.info.st_mode)) return Follow(next, walk);
  walk.here = std::move(next);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<struct stat> WalkTrusted(const std::string& path) {
  Walk walk;
  ASSIGN_OR_RETURN(const std::string absolute, Absolute(path));
  walk.ahead = Backwards(absolute);
  RETURN_IF_ERROR(Look("/", walk.info));
  while (!walk.ahead.empty()) RETURN_IF_ERROR(Step(walk));
  return walk.info;
}

}  // namespace muster
