// HookCatalogue: which hook modules and executables lie in the folders of hooks, and whether they
// are to be trusted. Reads folders; runs nothing. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "provision/hook_event.h"
#include "provision/hook_settings.h"

namespace muster::provision {

struct HookFile {
  std::string name;     // "audit"; of an executable "10-audit"
  std::string path;     // of a package: its __init__.py
  std::string problem;  // why it is left out; empty: nothing
  bool is_program = false;
  HookEvent event = HookEvent::kPreStart;  // of an executable
};

struct HookCatalogue {
  std::vector<HookFile> modules;        // by name, each once: of two the first folder's
  std::vector<HookFile> programs;       // by event and name
  std::vector<std::string> complaints;  // of folders that are left out
};

// All that is there, switched on or not. `example_folder`: where the example lies that we ship,
// which is behind all others; empty: nowhere.
HookCatalogue FindHooks(const HookSettings& settings, const std::string& example_folder);

}  // namespace muster::provision
