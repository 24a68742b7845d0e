#include "provision/setup_marks.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_split.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/status_macros.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

absl::StatusOr<std::string> FolderOf(const std::string& cluster) {
  ASSIGN_OR_RETURN(const std::string state, StateFolder());
  return absl::StrCat(state, "/setup/", cluster);
}

}  // namespace

std::string DigestOf(const std::string& text) {
  return absl::StrFormat("%016x", ::XXH3_64bits(text.data(), text.size()));
}

// The first line is the label, then a line for each step: digest, blank, name.
absl::StatusOr<SetupMarks> SetupMarks::Of(const std::string& cluster, const NodeRecord& node) {
  ASSIGN_OR_RETURN(const std::string folder, FolderOf(cluster));
  RETURN_IF_ERROR(MakeFolders(folder));
  SetupMarks marks;
  marks.path_ = absl::StrCat(folder, "/", node.name);
  marks.label_ = node.label;
  const absl::StatusOr<std::string> text = ReadFile(marks.path_);
  if (absl::IsNotFound(text.status())) return marks;
  if (!text.ok()) return text.status();
  bool is_first = true;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(*text, '\n'))) {
    if (std::exchange(is_first, false)) {
      if (line != node.label) return marks;  // of another instance
      continue;
    }
    const std::size_t blank = line.find(' ');
    if (blank != std::string::npos) marks.digests_[line.substr(blank + 1)] = line.substr(0, blank);
  }
  return marks;
}

absl::Status SetupMarks::Forget(const std::string& cluster) {
  ASSIGN_OR_RETURN(const std::string folder, FolderOf(cluster));
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return absl::UnavailableError(absl::StrCat(folder, ": ", error.message()));
  ::rmdir(std::filesystem::path(folder).parent_path().c_str());  // when it was the last one
  return absl::OkStatus();
}

bool SetupMarks::Has(const std::string& step, const std::string& digest) const {
  const auto found = digests_.find(step);
  return found != digests_.end() && found->second == digest;
}

absl::Status SetupMarks::Add(const std::string& step, const std::string& digest) {
  digests_[step] = digest;
  std::string text = label_ + "\n";
  for (const auto& [name, value] : digests_) absl::StrAppend(&text, value, " ", name, "\n");
  return ReplaceFile(path_, text);
}

}  // namespace muster::provision
