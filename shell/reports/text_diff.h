// How two texts differ, as diff(1) tells it.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>

namespace muster::clustershell {

// Unified, with these labels. Runs diff, of Debian's essential package diffutils, and waits for it.
// Unavailable: it could not be run.
absl::StatusOr<std::string> DiffTexts(absl::string_view old_label, absl::string_view old_text,
                                      absl::string_view new_label, absl::string_view new_text);

}  // namespace muster::clustershell
