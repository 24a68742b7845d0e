// IndexRuns: the numbers that stand in one place of several names, as runs: 1-9, 01-10, 2-8/2.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::nodeset {

struct IndexRun {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t step = 1;
  std::size_t width = 0;  // with zeros in front, so wide; 0: as they are
};

// So many steps make no run.
inline constexpr std::int64_t kNoSteps = INT64_MAX;

// Shorter ones first, those of one length as text: 1, 2, 10, 01, 02 are 1, 2, 01, 02, 10.
bool IsIndexBefore(const std::string& a, const std::string& b);

// `indexes`: digits, at most 18 each, in the order of IsIndexBefore, each once. Those at another
// distance than 1 become a run when they make at least `min_steps` steps.
std::vector<IndexRun> RunsOf(const std::vector<std::string>& indexes, std::int64_t min_steps);

// "1-3,7,2-8/2".
std::string TextOf(const std::vector<IndexRun>& runs);

// Adds the digits of each number of the run.
void Expand(const IndexRun& run, std::vector<std::string>& indexes);

}  // namespace muster::nodeset
