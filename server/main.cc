#include <absl/synchronization/mutex.h>
#include <malloc.h>

#include "common/standard_fds.h"
#include "server/daemon.h"
#include "server/relay.h"

namespace {

// What the last pieces of a value gave back is there for the next ones: else each of them is given
// back to the kernel, and comes again page by page.
constexpr int kKeptBytes = 8 << 20;
// From so much on memory is the kernel's as soon as it is free.
constexpr int kMappedFromBytes = 2 << 20;

}  // namespace

int main(int argc, char** argv) {
  muster::OpenMissingStandardFds();
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  ::mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
  const auto parsed = muster::server::ParseDaemonOptions(argc, argv);
  if (!parsed.options) return parsed.exit_code;
#if defined(NDEBUG)
  // Debian's Abseil looks for deadlocks at every lock, gRPC's too: that is for tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  if (parsed.options->relay) return muster::server::RunRelay(*parsed.options->relay);
  return muster::server::RunDaemon(*parsed.options);
}
