// The nodes of a cluster, and what they say of themselves. Part of ClusterAPI.h; plain data, as
// safe between threads as a std::string.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "export.h"

namespace muster {

struct Node {
  int index = 0;                       // from 1
  std::string name;                    // as configured
  std::string address;                 // unix:/path, or ssh:[user@]host[:port][/path]
  std::string cluster = {};            // of the configuration; "local", or "default" without one
  std::vector<std::string> tags = {};  // as configured, then as given: "env:prod"
  std::vector<std::string> given_tags = {};  // those of them that ClusterAPI::tagged() gave
  // Of the login rule that counts for it (docs/nodes.md); empty: it says nothing. The last two are
  // for an ssh address only.
  std::string member_of = {};   // a cluster, as `cluster` is one
  std::string login_user = {};  // unless the address names one
  std::string keyfile = {};
  // Of a cluster that comes and goes, when the node does not run: "stopped", "paused", "failed", …
  // It is not connected to, then. Else empty.
  std::string state = {};
};

// Nodes under one name, "@NAME" in a target.
struct NodeGroup {
  std::string name;
  std::string target;  // what it stands for
  std::string origin;  // the file with the line, or the program
};

// What runs or waits on a node, whoever started it.
struct RunningExecution {
  std::string id;                    // as Call::id()
  std::string command;               // its first 256 bytes
  std::chrono::milliseconds age{0};  // since the node got it
  bool queued = false;               // waits for a place or for resources
  bool stopping = false;             // was told to end
  std::int64_t user_id = 0;          // of who started it, on the node
  // The last three only when the check asked for usage.
  std::chrono::microseconds cpu{0};  // user and system, of its processes that live
  std::uint64_t memory_bytes = 0;    // their resident sets, together
  std::uint32_t processes = 0;       // how many live
};

// What a node has of one thing that commands may ask for (ExecuteOptions::resources).
struct NodeSlot {
  std::string name;
  std::uint64_t total = 0;    // of "memory" bytes
  std::uint64_t free = 0;     // held by nobody
  std::uint64_t waiting = 0;  // asked for by commands that wait there
};

// Where a node is that no configuration tells of.
struct NodeAddress {
  std::string name;
  std::string address;  // as [cluster NAME] has it: "unix:/path", "ssh:[user@]host[:port][/path]"
};

// What a node said of itself, or why it did not.
struct NodeCheck {
  Node node;
  bool functional = false;
  std::string reason;  // why not; empty when functional
  // "running": functional; "draining": it ends, and takes nothing new; Node::state, when there is
  // one; "down": anything else. What stands below is known of the first two.
  std::string state = "down";
  std::chrono::microseconds latency{0};
  std::string version;   // of its clusterd
  std::string python;    // of its workers, as "3.11.2"
  std::int64_t pid = 0;  // of its clusterd
  std::uint32_t cores = 0;
  std::uint32_t workers = 0;  // pieces of Python that run there at once
  std::uint64_t memory_bytes = 0;
  std::string os;                         // "debian-12", as os-release(5) of the node has it
  double load = 0;                        // runnable processes, the mean of the last minute
  std::vector<std::string> ip_addresses;  // of its interfaces that are up
  std::vector<NodeSlot> slots;            // by name; none: its clusterd is older than they are
  std::uint32_t running = 0;              // executions, as many as the list has
  std::vector<RunningExecution> executions;
};

// Truthy when every node is functional.
struct ClusterCheck {
  std::vector<NodeCheck> nodes;  // in the order of the configuration
  explicit operator bool() const {
    for (const NodeCheck& check : nodes) {
      if (!check.functional) return false;
    }
    return true;
  }
};

}  // namespace muster
