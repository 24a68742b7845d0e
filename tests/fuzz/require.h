// What a fuzz target says about every input: it holds, or the process ends at once and the fuzzer
// keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace muster::test {

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace muster::test
