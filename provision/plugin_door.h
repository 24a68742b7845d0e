// The door to the plugins, which are classes of Python (muster.plugins): an order goes in as plain
// data, and what came of it comes out. They run in a process of their own on the PythonHost, and
// reach nodes from there. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "provision/cluster_report.h"
#include "provision/plugin_sections.h"
#include "provision/record.h"

namespace muster::provision {

struct PluginOrder {
  std::string cluster;
  std::string id;                 // of the cluster's record; empty: it has none
  std::vector<NodeRecord> nodes;  // that run
  PluginPlan plan;
  std::string receipt;               // JSON; of the answer before; empty: there was none
  std::string reason;                // "start", "restart", "shutdown", …
  std::vector<std::string> leaving;  // names of nodes
  std::string plugin;                // that is to run alone
  std::string hook;                  // which method of it; empty: run
  std::vector<std::string> only;     // on these nodes; empty: on all
  bool debug = false;                // shows its log.debug, too
  bool again = false;                // runs what ran already
  bool reload = false;               // as configured now, and not as when the cluster was set up
};

struct PluginResult {
  std::string plugin;
  std::string node;  // empty: all
  bool ok = false;
  std::string text;
};

struct KnownPlugin {
  std::string name;
  std::string setup_class;
  std::string file;  // empty: it was not found
  int line = 0;
  std::vector<std::string> hooks;      // that it has: "run", "on_add_node"
  std::vector<std::string> arguments;  // of its constructor
  bool ok = false;
  std::string text;  // why not
};

struct PluginAnswer {
  std::string receipt;  // JSON
  // Not ok: the call ended before it answered, and this is what was done until then. Cancelled: it
  // was interrupted; DeadlineExceeded: the time of the plan is over; Internal: its process ended.
  absl::Status cut_off;
  bool ok = false;
  std::string message;  // one line
  std::vector<PluginResult> results;
  std::vector<KnownPlugin> plugins;  // of "list" and "check"
};

// method: "set_up", "leave", "run", "list", "check". A plugin that fails is an answer that is not
// ok, as is one that was cut off. FailedPrecondition: somebody else could have written the plugins.
absl::StatusOr<PluginAnswer> CallPlugins(const std::string& method, const PluginOrder& order,
                                         const Watch& watch);

// The user's own folder for plugins, which is made, and then those that only count when they are
// there. FailedPrecondition: one of them could have been written by somebody else; how to mend it.
absl::StatusOr<std::vector<std::string>> PluginFolders();

}  // namespace muster::provision
