#include "files/name.h"

#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <sys/stat.h>

#include <set>

#include "files/checksum.h"

namespace muster::files {
namespace {

constexpr std::string_view kStagingHead = ".muster-";
constexpr std::string_view kStagingTail = ".part";
constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= NAME_MAX && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::string_view WithoutSlashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

std::string_view BaseName(std::string_view path) {
  path = WithoutSlashes(path);
  return path.substr(path.rfind('/') + 1);
}

std::string FolderOf(std::string_view path) {
  path = WithoutSlashes(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

bool IsPattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

bool MayComeOf(const std::string& name, const std::string& path) {
  const std::string base(BaseName(path));
  if (name == base) return true;
  return IsPattern(base) && ::fnmatch(base.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

std::vector<std::string> Expand(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0) return {path};
  if (!IsPattern(path)) return {};
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(path.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string_view match = found.gl_pathv[i];
      // ".*" is not meant to climb up.
      if (IsPlainName(BaseName(match))) paths.emplace_back(match);
    }
  }
  ::globfree(&found);
  return paths;
}

std::vector<std::string> ExpandAll(const std::vector<std::string>& paths,
                                   std::vector<std::string>& missing) {
  std::vector<std::string> all;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    const std::vector<std::string> found = Expand(path);
    if (found.empty()) missing.push_back(path);
    for (const std::string& one : found) {
      if (seen.insert(one).second) all.push_back(one);
    }
  }
  return all;
}

std::string StagingName(std::string_view name) {
  std::string text(kStagingHead);
  const std::uint64_t sum = Checksum(name);
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(sum >> shift) & 15];
  return text.append(kStagingTail);
}

bool IsStagingName(std::string_view name) {
  return name.size() == kStagingHead.size() + 16 + kStagingTail.size() &&
         name.starts_with(kStagingHead) && name.ends_with(kStagingTail) &&
         name.substr(kStagingHead.size(), 16).find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace muster::files
