// An integer of any size as decimal digits. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace muster {

// `magnitude`: big endian bytes, with leading zeros or without. In less than quadratic time:
// 500,000 digits take a fraction of a second.
std::string ToDecimal(std::string_view magnitude);

}  // namespace muster
