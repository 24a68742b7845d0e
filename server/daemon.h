// Daemon: puts the parts of clusterd together and ends them in order. Main thread.
#pragma once

#include "server/daemon_options.h"

namespace muster::server {

// Serves until SIGTERM, SIGINT or SIGHUP (then drains; a second one hurries), or until the parent
// of an embedded daemon is gone. Returns the exit code.
int RunDaemon(const DaemonOptions& options);

}  // namespace muster::server
