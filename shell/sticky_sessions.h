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
  // A command of theirs goes to these nodes, and begins another session where it was lost.
  void Use(const std::vector<Node>& nodes, const std::vector<std::string>& lost);
  // What came of it: where it ran there is a session now.
  void Ran(const std::vector<Outcome>& outcomes);
  // Before the next one: where there was a session and is none any more. Asks these nodes, 2 s at
  // most; one that does not answer is asked again the next time.
  std::vector<std::string> FindLost(const ClusterAPI& cluster,
                                    const std::vector<Node>& nodes) const;
  // Closes those that were used and are still configured, and what runs in them.
  void Close(ClusterAPI& cluster);

  // Whether a plain `@TARGET command` runs in them, too.
  bool are_default() const { return are_default_; }
  void set_are_default(bool are) { are_default_ = are; }

 private:
  std::string name_;
  bool are_default_ = false;
  std::set<std::string> nodes_;  // that were used
  std::set<std::string> open_;   // where one was at the end of the last command
};

}  // namespace muster::clustershell
