// What is kept of a cluster and its nodes: plain data, for the repository, the Python face and the
// shell alike. A record says what was ordered and what came of it; what is so now, the provider
// says.
#pragma once

#include <absl/strings/string_view.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::provision {

// Texts by name: settings of a provider, and what a provider of one's own wants to have kept.
using Settings = std::map<std::string, std::string>;

// Where a node is in its life.
//
//   kDefined ──start──▶ kStarting ──▶ kRunning ──pause──▶ kPaused ──resume──▶ kRunning
//      ▲                    │            │  ▲                │
//      └──── stopped ◀── kStopping ◀─────┴──┼────────────────┘
//                           ▲          kFailed (the start failed; why is in last_error)
//                           └───────────────┘
//
// Starting, stopping, pausing and resuming are intents: they are saved before the provider is
// called. Whoever finds one in a record that nobody works on finishes it (Cluster::Recover).
enum class NodeState {
  kDefined,   // never started, or stopped: there is no instance
  kStarting,  // the provider is or was asked for an instance with this label
  kRunning,   // it was alive when it was last looked at
  kPausing,
  kPaused,
  kResuming,
  kStopping,
  kFailed,  // there may be an instance (instance_id says so); it counts as none that lives
};

// "running".
const char* NameOf(NodeState state);
// Empty: there is no such state.
std::optional<NodeState> NodeStateOf(const std::string& name);

// Paused, or on the way there or back.
bool IsPaused(NodeState state);

// The instance of a node, as its provider calls it.
struct Instance {
  std::string id;  // empty: there is none
  std::vector<std::string>
      addresses;   // of the node: unix:/path, ssh:[user@]host[:port][/path], or a bare host
  Settings facts;  // what the provider needs to find it again, and keeps
};

struct NodeRecord {
  std::string name;  // "compute001"
  std::string kind;  // "compute"
  NodeState state = NodeState::kDefined;
  // Names this order of an instance for ever: OWNER/CLUSTER/NODE/RANDOM, where RANDOM begins with
  // the cluster's id. The provider attaches it to the instance before that exists for anybody else.
  // Empty: none was ordered.
  std::string label;
  Instance instance;
  std::string paused;        // what the provider needs to resume it; opaque
  std::string last_error;    // one line
  std::int64_t changed = 0;  // seconds since 1970

  std::string image_id;
  std::string image_user;
  std::string flavor;
  std::string security_group;
  std::string image_userdata;
  Settings extra;  // further keywords of add_node, as JSON texts
};

// How a provider is made again in another process.
struct ProviderRecord {
  std::string type;   // "local", "ssh"; of a class of Python: "python"
  Settings settings;  // of "python": class ("module:Class"), path, arguments (JSON)
};

struct ClusterRecord {
  std::string name;
  // 8 random hexadecimal digits: another cluster of the same name, kept elsewhere, has others.
  std::string id;
  std::string owner;  // the user's name, or number
  std::string template_name;
  ProviderRecord provider;
  ProviderRecord setup;                                    // type "script", "python"; empty: none
  std::map<std::string, std::vector<std::string>> groups;  // by kind
  std::map<std::string, int> min_nodes;                    // by kind; none: all
  std::string key_name;  // of the document's constructor: kept, and given to the provider
  std::string key_public;
  std::string key_private;
  int start_timeout = 600;  // seconds
  bool keeps_on_timeout = false;
  std::string set_up;             // what was set up last: a digest; empty: never, or it failed
  Settings extra;                 // further keywords of the constructor, as JSON texts
  Settings receipts;              // what plugins did, by who keeps it; opaque
  std::vector<NodeRecord> nodes;  // in the order in which they were added

  NodeRecord* Find(const std::string& node_name);
  const NodeRecord* Find(const std::string& node_name) const;
};

// A message as one line, of 600 bytes at most.
std::string Short(absl::string_view message);

}  // namespace muster::provision
