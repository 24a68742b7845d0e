// ClusterView: the cluster as a person at the prompt sees it: the nodes that are configured now,
// the numbers of the last table, and the nodes that he wants to work with. Main thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

class ClusterView {
 public:
  explicit ClusterView(ClusterAPI cluster);

  ClusterAPI& cluster() { return cluster_; }
  const std::vector<Node>& nodes() const { return cluster_.nodes(); }
  const std::vector<std::string>& clusters() const { return cluster_.clusters(); }

  // Takes it as its files are now. An error leaves everything as it was. A started cluster that is
  // gone gives way to the one of the start, and no cluster to the first that is there.
  struct News {
    std::string difference;  // of the list of nodes, in one line; empty: none
    std::string turned_to;   // the cluster that is there instead, and its nodes; else empty
  };
  Result<News> Refresh();
  // Another handle of the same cluster.
  void Replace(ClusterAPI cluster) { cluster_ = std::move(cluster); }
  // Another cluster of the configuration, or one that was started, until UseAll().
  Result<std::string> Switch(const std::string& cluster);
  // The same for the line that runs only, whose end is EndLine().
  Status TurnTo(const std::string& cluster);
  void EndLine();
  // The names of the other clusters.
  std::vector<std::string> OtherClusters() const;
  // Empty: there is no cluster.
  std::string ClusterName() const;

  // Numbers mean what the last table showed, and the cluster of the start before the first one.
  bool AreNumbersOld() const;
  ClusterAPI& shown() { return shown_; }
  void RememberTable();
  // Whether that table was one of a line that was turned to another cluster, and none is used
  // since.
  bool IsTableOfOther() const { return is_table_of_other_; }
  // The node as it is configured now; null: it is not any more, or elsewhere.
  const Node* Find(const Node& shown) const;

  // The working set: what it was called (empty: all nodes), and which nodes it has.
  const std::string& used() const { return used_.empty() ? other_ : used_; }
  // The name of the cluster means all that it has, also later.
  void Use(std::string name, const std::vector<Node>& nodes);
  // Back to all nodes of the cluster of the start, if it can be read.
  Status UseAll();
  void ForgetUse();
  bool IsUsed(const Node& node) const;
  std::vector<Node> UsedNodes() const;

  // Of the configuration, all of its clusters, and the login rules, sorted.
  std::vector<std::string> ClusterNames() const;

 private:
  Result<News> GiveWay(const std::string& gone);

  ClusterAPI cluster_;
  ClusterAPI shown_;
  ClusterAPI home_;  // the cluster of the start
  bool is_table_of_other_ = false;
  std::string other_;  // the one that is used instead; empty: none
  std::string used_;
  std::vector<std::pair<std::string, std::string>> used_nodes_;  // name and address
  struct Kept {
    ClusterAPI cluster;
    std::string used;
    std::vector<std::pair<std::string, std::string>> used_nodes;
  };
  std::optional<Kept> kept_;  // while a line is turned to another cluster
};

// "web2 is gone, web9 is new", "their order is another"; empty: the lists are the same.
std::string DifferenceOf(const std::vector<Node>& before, const std::vector<Node>& now);

}  // namespace muster::clustershell
