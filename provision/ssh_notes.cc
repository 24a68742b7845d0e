#include "provision/ssh_notes.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "common/status_macros.h"
#include "provision/cloud_provider.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

absl::StatusOr<std::string> Folder() {
  ASSIGN_OR_RETURN(const std::string state, StateFolder());
  return state + "/hosts";
}

}  // namespace

std::string RandomOf(const std::string& label) { return label.substr(label.rfind('/') + 1); }

absl::Status SshNotes::Write(const Note& note) const {
  ASSIGN_OR_RETURN(const std::string folder, Folder());
  RETURN_IF_ERROR(MakeFolders(folder));
  return ReplaceFile(absl::StrCat(folder, "/", RandomOf(note.label)),
                     absl::StrCat(note.host, "\n", note.label, "\n"));
}

void SshNotes::Remove(const std::string& label) const {
  const absl::StatusOr<std::string> folder = Folder();
  if (!folder.ok()) return;
  ::unlink(absl::StrCat(*folder, "/", RandomOf(label)).c_str());
  ::rmdir(folder->c_str());  // when it was the last one
}

absl::StatusOr<std::vector<SshNotes::Note>> SshNotes::All(const std::string& owner,
                                                          const std::string& cluster) const {
  ASSIGN_OR_RETURN(const std::string folder, Folder());
  std::vector<Note> notes;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const absl::StatusOr<std::string> text = ReadFile(entry.path().string());
    if (!text.ok()) continue;  // it went meanwhile
    const std::vector<std::string> lines = absl::StrSplit(*text, '\n');
    if (lines.size() < 2) continue;
    const absl::StatusOr<LabelParts> parts = SplitLabel(lines[1]);
    if (!parts.ok() || parts->owner != owner) continue;
    if (cluster.empty() || parts->cluster == cluster) notes.push_back({lines[0], lines[1]});
  }
  return notes;
}

}  // namespace muster::provision
