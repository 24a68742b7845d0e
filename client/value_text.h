// Data as a Python literal (docs/values.md). A pure function.
#pragma once

#include <string>

#include "client/muster/value.h"

namespace muster {

// `value` is data. ASCII, never empty.
std::string ToLiteral(const Value& value);

}  // namespace muster
