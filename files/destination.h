// Destination: the folder that what comes is written into, and what it is called there. The path
// is the user's own and resolved as any; everything below it is not. One thread.
#pragma once

#include <optional>
#include <string>

#include "common/unique_fd.h"
#include "files/problem.h"

namespace muster::files {

class Destination {
 public:
  // A folder, when it is one, ends with a slash, or `is_many` things come: one that does not exist
  // is then made, its last part. Else the new name of the one thing that comes.
  std::optional<Problem> Open(const std::string& path, bool is_many);

  bool IsOpen() const { return folder_.IsOpen(); }
  int folder() const { return folder_.get(); }
  // What a thing of this name is called here.
  std::string NameOf(const std::string& name) const {
    return only_name_.empty() ? name : only_name_;
  }
  // For messages.
  std::string PathOf(const std::string& name) const;

 private:
  std::optional<Problem> OpenFolder(const std::string& path);

  UniqueFd folder_;
  std::string path_;
  std::string only_name_;
};

// Removes what transfers that were broken off long ago left in this folder: staging files of this
// user that nobody wrote to for a week.
void RemoveStale(int folder);

}  // namespace muster::files
