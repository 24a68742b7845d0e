// GroupFold: names of nodes in few words, in which a group stands for its nodes: "@web,n7". Pure
// once made; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

class GroupFold {
 public:
  // Knows no groups.
  GroupFold() = default;
  // The names of groups, with those of their nodes.
  explicit GroupFold(std::vector<std::pair<std::string, std::vector<std::string>>> groups);
  // Those of the cluster. A group that cannot be had, or means no node, stands for none; `problem`,
  // when it is not empty afterwards, says why there are none at all.
  static GroupFold Of(const ClusterAPI& cluster, std::string* problem);

  // Groups whose nodes are all among these stand for them, the largest first; the rest is folded.
  std::string Fold(const std::vector<std::string>& nodes) const;

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> groups_;  // the largest first
};

}  // namespace muster::clustershell
