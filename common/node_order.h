// The order of node names: text by its bytes, numbers by their value: n2 before n10. Pure;
// thread-safe.
#pragma once

#include <absl/strings/string_view.h>

namespace muster {

// Whether a comes before b. Of equal numbers the shorter comes first: n1, n01, n2.
bool ComesBefore(absl::string_view a, absl::string_view b);

}  // namespace muster
