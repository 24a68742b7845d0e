#include <absl/synchronization/mutex.h>

#include "common/standard_fds.h"
#include "server/daemon.h"
#include "server/relay.h"

int main(int argc, char** argv) {
  muster::OpenMissingStandardFds();
  const auto parsed = muster::server::ParseDaemonOptions(argc, argv);
  if (!parsed.options) return parsed.exit_code;
#if defined(NDEBUG)
  // Debian's Abseil looks for deadlocks at every lock, gRPC's too: that is for tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  if (parsed.options->relay) return muster::server::RunRelay(*parsed.options->relay);
  return muster::server::RunDaemon(*parsed.options);
}
