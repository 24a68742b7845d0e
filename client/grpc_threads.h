// The threads on which gRPC runs our reactions. They begin with the first channel of the process
// and would be joined with the last one; when a reaction lets go of the last channel, that is a
// thread joining itself. So they are kept until the process ends.
#pragma once

#include <absl/status/status.h>

namespace muster {

// Before anything of gRPC is made, an Alarm too: where descriptors are lacking gRPC does not fail,
// but ends the process. ResourceExhausted: they are; the next call tries again. Costs something the
// first time only. Thread-safe.
absl::Status KeepGrpcThreads();

}  // namespace muster
