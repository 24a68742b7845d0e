// SshProvider: instances that are daemons on existing hosts, brought there and started through the
// system's OpenSSH, and removed again without a trace. A host needs sshd, sh, and a glibc that is
// not older than the bundle's; for Python python3.11. Thread-safe.
//
// A pause ends the daemon and all that it runs, and keeps its place and its name; a resume starts
// it again. A process that is only stopped would keep its clients waiting.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provision/cloud_provider.h"

namespace muster::provision {

// Settings: hosts ([user@]host[:port], also patterns as web[1-4]; a node has a host of its own, but
// of one that is listed twice there may be two), user, jump, identity, ssh_config, folder (on the
// host: from / on, or in the home; default: .cache/muster there, else /tmp/muster-UID), handshakes
// (ssh at once, 8), connect_timeout (10 s), bundle (a folder of scripts/bundle; default: made of
// the programs that belong to this one), and those of DaemonSettings. InvalidArgument: another one,
// or a wrong value.
absl::StatusOr<std::shared_ptr<CloudProvider>> MakeSshProvider(const Settings& settings);
std::vector<std::string> SshProviderSettings();

}  // namespace muster::provision
