// ProgramCatalogue: the programs that `run` and the prompt know by their names: those that are
// built in, and those of files in the folders of programs. Files are looked at when somebody asks,
// and again when they changed. Main thread.
#pragma once

#include <absl/strings/string_view.h>
#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "shell/programs/file_description.h"
#include "shell/programs/program_entry.h"

namespace muster::clustershell {

class ProgramCatalogue {
 public:
  // Begins with the usual folders: $XDG_DATA_HOME/muster/programs (~/.local/share), and
  // ~/.dustcluster/plugins.
  ProgramCatalogue();

  // Folders that have to exist.
  void AddFolders(const std::vector<std::string>& folders);
  // A file or a folder for this shell only.
  void AddPath(const std::string& path);

  // Looks which files changed, and what they hold now. Returns what is wrong, a line for each file,
  // each once for each version of the file. Costs a few stat(2) when nothing changed.
  std::vector<std::string> Refresh();
  // As if all had changed.
  void Forget() { files_.clear(); }

  // Of the last Refresh(): built-in ones first, then by folder and name; each name once.
  const std::vector<ProgramEntry>& entries() const { return entries_; }
  std::vector<std::string> names() const;
  const ProgramEntry* Find(absl::string_view name) const;
  // The files, good and bad, in the same order.
  const std::vector<FileDescription>& files() const { return descriptions_; }
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  // What tells one version of a file from the next.
  struct Version {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec changed{};
    mode_t mode = 0;
    bool operator==(const Version& other) const;
  };
  struct Known {
    Version version;
    FileDescription description;
  };
  using Seen = std::vector<std::pair<std::string, Version>>;

  void LookAt(const std::string& path, Seen& seen) const;
  Seen LookAtAll(std::vector<std::string>& complaints);
  void DescribeNew(const Seen& seen, std::vector<std::string>& complaints);
  void Collect(const Seen& seen, std::vector<std::string>& complaints);

  std::vector<std::string> folders_;
  std::vector<std::string> required_;  // of folders_, those that have to exist
  std::vector<std::string> paths_;
  std::map<std::string, Known> files_;
  std::map<std::string, std::string> said_;  // by file or folder: what was told of it
  std::vector<FileDescription> descriptions_;
  std::vector<ProgramEntry> entries_;
};

}  // namespace muster::clustershell
