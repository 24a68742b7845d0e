// Whether bytes of a node are a value, as docs/values.md describes it. A pure function.
#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace muster {

// Not ok: they are not; the message begins with the byte at which that is seen. Takes time in
// proportion to their number, and no memory.
absl::Status CheckValue(std::string_view data);

}  // namespace muster
