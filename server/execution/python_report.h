// What a worker says of a Python exception, as the daemon's own noun. Stateless; thread-safe.
#pragma once

#include <string_view>

#include "server/execution/outcome.h"

namespace muster::server {

// The payload of FrameType::kException, or of WorkerResult::Type::kException.
Outcome::PythonException ReadException(std::string_view payload);

}  // namespace muster::server
