// [provider NAME] and [setup NAME] of a configuration, checked. Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "common/config_file.h"
#include "provision/record.h"

namespace muster::provision {

// What `entry` names: a section, or a type that needs no settings ("local"). Relative folders in
// the settings count from the folder of the file. InvalidArgument with file and line: there is no
// such section or type, or a setting is wrong.
absl::StatusOr<ProviderRecord> ReadProvider(const ConfigFile& file, const ConfigFile::Entry& entry);
absl::StatusOr<ProviderRecord> ReadSetup(const ConfigFile& file, const ConfigFile::Entry& entry);

}  // namespace muster::provision
