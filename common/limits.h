// Sizes and times that both ends of the wire have to agree on.
#pragma once

#include <chrono>
#include <cstddef>

#include "common/tsan.h"

namespace muster {

// One Python or shell source, bytes. A message holds 4 MiB; the rest is for the other fields.
inline constexpr std::size_t kMaxSourceBytes = 3u << 20;
// One argv or environment string without its NUL, bytes: the kernel's MAX_ARG_STRLEN (execve(2)).
// A shell source above this reaches `sh` as a script on a memfd instead of as an argument.
inline constexpr std::size_t kMaxArgumentBytes = 131071;
// One piece of standard input on the wire, bytes.
inline constexpr std::size_t kMaxInputBytes = 64u << 10;
// One message on the wire, bytes.
inline constexpr int kMaxMessageBytes = 4 << 20;
// sun_path without its NUL, bytes (unix(7)).
inline constexpr std::size_t kMaxSocketPathBytes = 107;

inline constexpr std::chrono::milliseconds kDefaultGrace{5000};
inline constexpr std::chrono::milliseconds kConnectTimeout{5000 * kTsanSlowness};

}  // namespace muster
