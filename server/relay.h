// Relay: `clusterd --relay [PATH]`, the far end of an ssh address: copies bytes between its
// standard streams and a daemon's socket until either side ends. No gRPC.
#pragma once

#include <string>

namespace muster::server {

// `path` empty: the default sockets, the user's own first. Returns the exit code; says why it is
// not 0.
int RunRelay(const std::string& path);

}  // namespace muster::server
