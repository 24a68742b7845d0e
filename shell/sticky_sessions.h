// StickySessions: the sessions in which `@TARGET: command` runs, one on each node, of this shell
// alone. They end with it. Main thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

class StickySessions {
 public:
  StickySessions();

  // What they are called on every node.
  const std::string& name() const { return name_; }
  // A command of theirs goes to these nodes.
  void Use(const std::vector<Node>& nodes);
  // Closes those that were used and are still configured, and what runs in them.
  void Close(ClusterAPI& cluster);

  // Whether a plain `@TARGET command` runs in them, too.
  bool are_default() const { return are_default_; }
  void set_are_default(bool are) { are_default_ = are; }

 private:
  std::string name_;
  bool are_default_ = false;
  std::set<std::string> nodes_;
};

}  // namespace muster::clustershell
