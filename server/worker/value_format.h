// The numbers of docs/values.md, as the worker uses them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::server {

inline constexpr std::uint64_t kTagPositiveBig = 2;
inline constexpr std::uint64_t kTagNegativeBig = 3;
inline constexpr std::uint64_t kTagTuple = 60001;
inline constexpr std::uint64_t kTagSurrogates = 60002;
inline constexpr std::uint64_t kTagArray = 60003;

// Lists, tuples and dicts in each other.
inline constexpr int kMaxValueDepth = 100;
inline constexpr std::size_t kMaxDimensions = 32;

}  // namespace muster::server
