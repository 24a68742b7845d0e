// What a configuration says of plugins: [plugin NAME], and the keys about them of [cluster NAME],
// of a template as of a cluster that lists its nodes. Which classes there are, only Python knows.
// Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/config_file.h"

namespace muster::provision {

struct PluginSection {
  std::string name;
  std::string setup_class;                      // "module.Class"
  std::map<std::string, std::string> settings;  // arguments of its constructor, by name
  std::string origin;                           // FILE:LINE
};

// The plugins of one cluster.
struct PluginPlan {
  std::vector<PluginSection> plugins;    // in the order in which they run
  std::string user;                      // whom plugins set the cluster up for; empty: who calls
  std::string user_shell;                // empty: bash
  std::chrono::milliseconds timeout{0};  // of all of them; 0: none
  bool goes_on = false;                  // a plugin that fails does not keep the next from running
};

// All that the file has, in its order. InvalidArgument: "FILE:LINE: [plugin x] has no setup_class".
absl::StatusOr<std::vector<PluginSection>> ReadPluginSections(const ConfigFile& file);

// Of the keys of a [cluster NAME]. InvalidArgument: "FILE:LINE: plugin 'x' not defined in config",
// which there are, and the nearest.
absl::StatusOr<PluginPlan> ReadPluginPlan(const ConfigFile& file,
                                          const std::map<std::string, ConfigFile::Entry>& entries);

}  // namespace muster::provision
