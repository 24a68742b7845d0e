// ScriptSetup: executables of a folder for each group, run on the nodes of the kinds that have the
// group: ROOT/GROUP/NN-name, in the order of their names, on all nodes at once. What ran with the
// same content on the same instance does not run again. One thread at a time.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "provision/setup_provider.h"

namespace muster::provision {

// Settings: scripts (the folder), timeout (of one script; default 10m).
absl::StatusOr<std::shared_ptr<SetupProvider>> MakeScriptSetup(const Settings& settings);
std::vector<std::string> ScriptSetupSettings();

}  // namespace muster::provision
