// The thread on which user code is called back, one after the other: so that it may do what gRPC's
// threads must not, such as wait. It is started when it is first needed, and lives as long as the
// process; a fork has one of its own.
#pragma once

#include <functional>

namespace muster {

// Never blocks. Thread-safe.
void RunCallback(std::function<void()> callback);

}  // namespace muster
