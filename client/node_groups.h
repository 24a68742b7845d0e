// NodeGroups: the groups of nodes that a configuration knows: its own ([groups]), those of the
// files in groups.d/ next to it, and programs that are asked for them ([group_source NAME]). It
// does not know which nodes there are. Immutable, so thread-safe; files and programs are looked at
// when somebody asks.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/node_group_source.h"
#include "common/config_file.h"
#include "common/marked_text.h"

namespace muster {

class NodeGroups {
 public:
  // None at all.
  NodeGroups() = default;
  // `trust`: how far `file` was trusted, and what lies beside it is. InvalidArgument: "FILE:LINE:
  // …".
  static absl::StatusOr<NodeGroups> Read(const ConfigFile& file, Trust trust);

 private:
  friend class GroupLookup;
  GroupDefinitions configured_;
  std::vector<GroupProgram> programs_;  // in the order of the file
  std::string folder_;                  // groups.d; empty: there is no configuration
  Trust trust_ = Trust::kStrict;
};

// The groups as they are now: reads the files once, when the first group is asked for. For one
// target; one thread.
class GroupLookup {
 public:
  explicit GroupLookup(const NodeGroups& groups) : groups_(groups) {}

  // As KnownNodes (common/target_evaluation.h) has them. Without a source the configuration and the
  // files come first, then the programs in their order.
  absl::StatusOr<MarkedText> Find(const std::string& source, const std::string& name);
  absl::StatusOr<std::vector<std::string>> Names(const std::string& source);
  // All that can be listed without a source; a program is asked for the nodes of each.
  absl::StatusOr<GroupDefinitions> All();

 private:
  absl::Status ReadFiles();
  absl::StatusOr<const GroupProgram*> ProgramOf(const std::string& source) const;
  absl::Status Unknown(const std::string& source, const std::string& name);
  // Empty: the program knows no such group.
  static absl::StatusOr<std::string> Ask(const GroupProgram& program, const std::string& name);

  const NodeGroups& groups_;
  std::optional<GroupDefinitions> written_;  // in the configuration and the files
};

}  // namespace muster
