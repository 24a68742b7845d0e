// What a slot of a node may be called. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>

namespace muster {

// Of different slots in one request, and of one node.
inline constexpr std::size_t kMostSlots = 64;

// [a-z][a-z0-9_]*, at most 64 bytes: the end of a variable's name in upper case, without two that
// become the same.
bool IsSlotName(absl::string_view name);

inline constexpr char kSlotNameForm[] =
    "a lower-case letter and up to 63 lower-case letters, digits or '_'";

}  // namespace muster
