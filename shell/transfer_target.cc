#include "shell/transfer_target.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <glob.h>

namespace muster::clustershell {
namespace {

bool IsFileHere(const std::string& pattern) {
  glob_t found{};
  const bool is_there = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0;
  ::globfree(&found);
  return is_there;
}

}  // namespace

absl::StatusOr<std::string> TakeTransferTarget(Shell& shell, Direction direction,
                                               std::vector<std::string>& words) {
  constexpr std::size_t kFewestWords = 3;  // target, source, destination
  if (words.size() < kFewestWords) return "*";
  std::string first = words.front();
  // A path with a slash is meant as one.
  if (absl::StrContains(first, '/') || !shell.view().shown().nodes(Target(first)).ok()) return "*";
  if (direction == Direction::kPut && IsFileHere(first)) {
    return absl::InvalidArgumentError(absl::StrCat("'", first,
                                                   "' names nodes, and a file here: write '@",
                                                   first, " put ...', or './", first, "'"));
  }
  words.erase(words.begin());
  return first;
}

}  // namespace muster::clustershell
