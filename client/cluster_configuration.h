// Which nodes a cluster has, and which groups: from the configuration file, or the one daemon of
// this machine. Reads files, contacts nothing. Pure but for that.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/node_groups.h"
#include "client/trusted_users.h"
#include "common/address.h"
#include "common/trusted_file.h"

namespace muster {

struct ConfiguredNode {
  std::string name;
  Address address;
  // Whether the name was said by the user. If so it is sent along, and a daemon that was started
  // under another name refuses; if not, whichever daemon answers is right.
  bool is_named = true;
  TrustedUsers trust;                  // for a Unix address
  std::vector<std::string> tags = {};  // of all [node NAMES] that name it
  // What is kept beside the configuration (client/kept_facts.h).
  std::vector<std::string> given_tags = {};
  std::string member_of = {};   // a cluster
  std::string login_user = {};  // for an ssh address that names none
  std::string keyfile = {};     // for an ssh address
  std::string state = {};       // as Node::state

  // As it is connected to.
  Address WayTo() const;
};

struct ClusterConfiguration {
  std::string name;                   // of the cluster; empty: there is none
  std::vector<ConfiguredNode> nodes;  // names unique; at least one, but of no cluster
  NodeGroups groups;
  // The user's file, as it was named; empty: there is none. The cluster is in it, or was started.
  std::string path = {};
  std::string absolute_path = {};  // that it was
  Trust trust = Trust::kStrict;    // how far it was trusted
  bool is_file_named = false;      // by the program
  std::string tag_path = {};       // where tags are kept; empty: nowhere
  std::string tag_scope = {};      // whose they are there
  std::string started_path = {};   // the file of a cluster that was started; empty: it is no such
  std::vector<std::string> cluster_names = {};  // of all that the file has, and of those started
  std::string text_of_files = {};               // of all of them, when they were read
};

// No cluster at all, of the file that `file` names. Errors as those of the file.
absl::StatusOr<ClusterConfiguration> NoCluster(const std::string& file);
// `cluster` and `file` as ClusterAPI::connect has them. NotFound: there is no such cluster.
absl::StatusOr<ClusterConfiguration> ReadConfiguration(const std::string& cluster,
                                                       const std::string& file);
// The cluster of this name, from the same file, or one that was started. Of no cluster: the one
// that is there by now.
absl::StatusOr<ClusterConfiguration> ReadConfigurationAgain(const ClusterConfiguration& before,
                                                            const std::string& cluster);

// Of no file. InvalidArgument: a name or an address is none, or two names are the same.
absl::StatusOr<ClusterConfiguration> ConfigurationOf(const std::string& cluster,
                                                     const std::vector<NodeAddress>& nodes);

}  // namespace muster
