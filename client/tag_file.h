// TagFile: the tags that were given to nodes by hand, beside those of the configuration. One file
// holds those of all configurations of a user; several programs may change it at the same time.
// Immutable, so thread-safe.
//
// A line for each tag: SCOPE, node and tag, with tabs between.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <map>
#include <string>
#include <vector>

#include "common/kept_file.h"

namespace muster {

class TagFile {
 public:
  // In the order in which they were given.
  using Tags = std::map<std::string, std::vector<std::string>>;  // by node

  // `scope`: whose nodes are meant, as the path of a configuration.
  TagFile(const std::string& path, const std::string& scope);
  // tags in $XDG_STATE_HOME/muster, else ~/.local/state/muster; empty: neither is known.
  static std::string DefaultPath();

  // Those of the scope; none when there is no file. PermissionDenied: somebody else could have
  // written it.
  absl::StatusOr<Tags> Read() const;
  // Each of the nodes loses its tags of the keys and gets the tags, in one step; makes the file and
  // its folder when there is something to keep. Unavailable: it cannot be written, and is as
  // before.
  absl::Status Change(const std::vector<std::string>& nodes, const std::vector<std::string>& keys,
                      const std::vector<std::string>& tags) const;

 private:
  KeptFile file_;
  std::string scope_;
};

// "env" of "env:prod".
absl::string_view KeyOfTag(absl::string_view tag);

// InvalidArgument: why it cannot be a tag, in one line.
absl::Status CheckTag(absl::string_view tag);

}  // namespace muster
