// The groups of files in a folder.
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/string_view.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "client/node_group_source.h"
#include "common/address.h"
#include "common/escape.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (open == nullptr && errno == ENOENT) return names;
  if (open == nullptr) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot read the groups in ", folder, ": ", ::strerror(errno)));
  }
  while (const dirent* entry = ::readdir(open.get())) {
    const absl::string_view name = entry->d_name;
    if (!absl::StartsWith(name, ".") && !absl::EndsWith(name, "~")) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, Trust trust) {
  ASSIGN_OR_RETURN(const UniqueFd file, OpenTrustedFile(path, trust));
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(file.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the groups in ", path, " have more than ", kMaxFileBytes >> 20, " MiB"));
    }
  }
  if (count < 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": ", ::strerror(errno)));
  }
  return text;
}

absl::Status TakeLine(absl::string_view line, const std::string& origin, GroupDefinitions& groups) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line[0] == '#') return absl::OkStatus();
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits(':', 1));
  const absl::string_view name = absl::StripAsciiWhitespace(parts.first);
  if (!absl::StrContains(line, ":") || !IsValidName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin,
                     ": expected \"NAME: NODES\", as \"gpu: n[1-4]\"; a name is a letter "
                     "and up to 63 letters, digits, '_', '.' or '-'"));
  }
  const auto [entry, is_new] = groups.try_emplace(std::string(name));
  if (!is_new) {
    return absl::InvalidArgumentError(absl::StrCat(origin, ": the group ", name, " stands in ",
                                                   entry->second.origin, " already"));
  }
  entry->second = {std::string(absl::StripAsciiWhitespace(parts.second)), origin};
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadGroupFolder(const std::string& folder, Trust trust, GroupDefinitions& groups) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesIn(folder));
  for (const std::string& file : files) {
    const std::string path = absl::StrCat(folder, "/", file);
    ASSIGN_OR_RETURN(const std::string text, ReadFile(path, trust));
    int number = 0;
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      const std::string origin = absl::StrCat(EscapeToOneLine(path), ":", ++number);
      RETURN_IF_ERROR(TakeLine(line, origin, groups));
    }
  }
  return absl::OkStatus();
}

}  // namespace muster
