#include "shell/programs/program_catalogue.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "common/trusted_file.h"
#include "shell/command_list.h"
#include "shell/program_list.h"

namespace muster::clustershell {
namespace {

std::vector<std::string> UsualFolders() {
  std::vector<std::string> folders;
  const char* data = ::getenv("XDG_DATA_HOME");
  const char* home = ::getenv("HOME");
  const bool has_home = home != nullptr && home[0] == '/';
  if (data != nullptr && data[0] == '/') {
    folders.push_back(absl::StrCat(data, "/muster/programs"));
  } else if (has_home) {
    folders.push_back(absl::StrCat(home, "/.local/share/muster/programs"));
  }
  if (has_home) folders.push_back(absl::StrCat(home, "/.dustcluster/plugins"));
  return folders;
}

bool IsPython(absl::string_view path) { return absl::EndsWith(path, ".py"); }
bool IsShared(absl::string_view path) { return absl::EndsWith(path, ".so"); }

// Files that lie there for another reason.
bool IsNoProgram(const std::string& name) {
  return name[0] == '.' || name[0] == '_' || name.back() == '~' || name.back() == '#';
}

std::string Place(const std::string& path, int line) {
  return line > 0 ? absl::StrCat(path, ":", line) : path;
}

}  // namespace

bool ProgramCatalogue::Version::operator==(const Version& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec &&
         mode == other.mode;
}

ProgramCatalogue::ProgramCatalogue() : folders_(UsualFolders()) {}

void ProgramCatalogue::AddFolders(const std::vector<std::string>& folders) {
  folders_.insert(folders_.end(), folders.begin(), folders.end());
  required_.insert(required_.end(), folders.begin(), folders.end());
}

void ProgramCatalogue::AddPath(const std::string& path) {
  std::error_code ignored;
  std::vector<std::string>& list = std::filesystem::is_directory(path, ignored) ? folders_ : paths_;
  const std::string whole = std::filesystem::absolute(path, ignored).lexically_normal().string();
  if (std::find(list.begin(), list.end(), whole) == list.end()) list.push_back(whole);
}

std::vector<std::string> ProgramCatalogue::Refresh() {
  std::vector<std::string> complaints;
  const Seen seen = LookAtAll(complaints);
  DescribeNew(seen, complaints);
  Collect(seen, complaints);
  return complaints;
}

void ProgramCatalogue::LookAt(const std::string& path, Seen& seen) const {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  if (!IsPython(path) && !IsShared(path) && (info.st_mode & 0111) == 0) return;
  seen.emplace_back(path,
                    Version{info.st_dev, info.st_ino, info.st_size, info.st_mtim, info.st_mode});
}

ProgramCatalogue::Seen ProgramCatalogue::LookAtAll(std::vector<std::string>& complaints) {
  Seen seen;
  for (const std::string& folder : folders_) {
    // Who may write into the folder decides what we run.
    const auto opened = OpenTrustedFolder(folder, Sharing::kNone);
    const bool is_required =
        std::find(required_.begin(), required_.end(), folder) != required_.end();
    if (!opened.ok()) {
      if (opened.status().code() == absl::StatusCode::kNotFound && !is_required) continue;
      const std::string why(opened.status().message());
      if (std::exchange(said_[folder], why) != why) {
        complaints.push_back(absl::StrCat("the programs in ", folder, " are left out: ", why));
      }
      continue;
    }
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (!IsNoProgram(entry.path().filename().string())) paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) LookAt(path, seen);
  }
  for (const std::string& path : paths_) LookAt(path, seen);
  return seen;
}

void ProgramCatalogue::DescribeNew(const Seen& seen, std::vector<std::string>& complaints) {
  std::map<std::string, Known> known;
  std::vector<std::string> python;
  for (const auto& [path, version] : seen) {
    const auto before = files_.find(path);
    if (before != files_.end() && before->second.version == version) {
      known[path] = std::move(before->second);
      continue;
    }
    known[path].version = version;
    FileDescription& description = known[path].description;
    description.path = path;
    said_.erase(path);
    if (const auto trusted = OpenTrustedFile(path, Trust::kNamed); !trusted.ok()) {
      description.problems.emplace_back(0, std::string(trusted.status().message()));
    } else if (IsPython(path)) {
      python.push_back(path);
    } else {
      description = IsShared(path) ? DescribeSharedObject(path) : DescribeExecutable(path);
    }
  }
  if (!python.empty()) {
    for (FileDescription& description : DescribePythonFiles(python)) {
      known[description.path].description = std::move(description);
    }
  }
  files_ = std::move(known);
  for (const auto& [path, version] : seen) {
    const auto& problems = files_[path].description.problems;
    if (problems.empty()) continue;
    const auto& [line, message] = problems.front();
    std::string text = absl::StrCat(Place(path, line), ": ", message);
    if (problems.size() > 1) absl::StrAppend(&text, " (and ", problems.size() - 1, " more)");
    if (std::exchange(said_[path], text) != text) complaints.push_back(std::move(text));
  }
}

void ProgramCatalogue::Collect(const Seen& seen, std::vector<std::string>& complaints) {
  entries_.clear();
  descriptions_.clear();
  for (const Program& program : Programs()) {
    entries_.push_back({ProgramEntry::Kind::kBuiltIn, program.name, program.usage, program.summary,
                        program.help, "", 0});
  }
  for (const auto& [path, version] : seen) {
    const FileDescription& description = files_[path].description;
    descriptions_.push_back(description);
    for (const ProgramEntry& program : description.programs) {
      const ProgramEntry* const other = Find(program.name);
      if (other == nullptr) entries_.push_back(program);
      const bool is_command = FindCommand(program.name) != nullptr;
      if (other == nullptr && !is_command) continue;
      std::string text = absl::StrCat(Place(path, program.line), ": ", program.name);
      if (is_command) {
        absl::StrAppend(&text, " is a command of the prompt; this one is `run ", program.name, "`");
      } else {
        absl::StrAppend(&text, " is a program already, ",
                        other->path.empty() ? "built in" : Place(other->path, other->line),
                        "; this one is left out");
      }
      std::string& said = said_[absl::StrCat(path, "\n", program.name)];
      if (std::exchange(said, text) != text) complaints.push_back(std::move(text));
    }
  }
}

std::vector<std::string> ProgramCatalogue::names() const {
  std::vector<std::string> names;
  for (const ProgramEntry& entry : entries_) names.push_back(entry.name);
  return names;
}

const ProgramEntry* ProgramCatalogue::Find(absl::string_view name) const {
  for (const ProgramEntry& entry : entries_) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

}  // namespace muster::clustershell
