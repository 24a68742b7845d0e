// The threads on which gRPC runs our reactions. They begin with the first channel of the process
// and would be joined with the last one; when a reaction lets go of the last channel, that is a
// thread joining itself. So they are kept until the process ends.
#pragma once

namespace muster {

// Thread-safe; costs something the first time only.
void KeepGrpcThreads();

}  // namespace muster
