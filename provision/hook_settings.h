// HookSettings: which hooks are switched on, where they lie, and what they may use: [hooks] and
// [hook NAME] of a configuration, or enable_slurm_gcp_plugins of the config.yaml beside it. Reads
// files; thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace muster::provision {

// What `enable` says, in any of its shapes.
struct HookSwitch {
  bool all = false;
  std::vector<std::string> names;               // when not all; in the order of the file
  std::map<std::string, std::string> settings;  // of a hook: an object of JSON

  bool is_on() const { return all || !names.empty(); }
};

struct HookSettings {
  HookSwitch enabled;
  std::string origin;                        // FILE, or FILE:LINE, of the switch
  std::vector<std::string> folders;          // of modules; they need not exist
  std::vector<std::string> program_folders;  // of EVENT.d with executables; likewise
  bool runs_programs = true;
  std::chrono::milliseconds timeout{30'000};   // of one call
  std::uint64_t memory_bytes = 1024ull << 20;  // of address space, of one module; 0: no limit
  bool traces = false;                         // tells each call
  std::string config = "{}";  // an object of JSON: config.yaml as it is, for lkp.cfg
  std::map<std::string, std::string> request;  // NAME.SETTING: of this run alone
  bool requires_all = false;
  std::vector<std::string> required;  // names of hooks, by [hooks]; of one's own see RequiredBy

  // The setting that says that nothing goes on without a good answer of this hook; empty: none.
  std::string RequiredBy(const std::string& name) const;
};

// A value as YAML has it: true (all), false, a list of names, a mapping of names to settings or
// nothing, a text of names with commas, nothing. InvalidArgument: another one; what is valid.
absl::StatusOr<HookSwitch> ParseHookSwitch(const std::string& yaml);

// `configuration`: the file; empty: none, and then config.yaml and the folders are looked for where
// the user's own configuration would be. `is_named`: by the user, as ConfigFile::TrustOfUser has
// it. InvalidArgument with file and line.
absl::StatusOr<HookSettings> ReadHookSettings(const std::string& configuration, bool is_named);

}  // namespace muster::provision
