// SshProvider: instances that are daemons on existing hosts, brought there and started through the
// system's OpenSSH, and removed again without a trace. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "provision/cloud_provider.h"

namespace muster::provision {

absl::StatusOr<std::shared_ptr<CloudProvider>> MakeSshProvider(const Settings& settings);
std::vector<std::string> SshProviderSettings();

}  // namespace muster::provision
