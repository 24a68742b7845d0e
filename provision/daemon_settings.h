// The settings of a provider that are its daemons' own: what [daemon] of a configuration says of
// workers, slots and limits. Pure.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "provision/record.h"

namespace muster::provision {

std::vector<std::string> DaemonSettings();
// "workers = 2\n" for each that is among the settings.
std::string DaemonSection(const Settings& settings);
// InvalidArgument: one that is not valid there (it lists those that are), or a value with a line
// end.
absl::Status CheckSettings(const std::string& what, const Settings& settings,
                           const std::vector<std::string>& valid);

}  // namespace muster::provision
