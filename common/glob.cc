#include "common/glob.h"

#include <cstddef>

namespace muster {

bool MatchesGlob(absl::string_view glob, absl::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  // Where the last * stands, and where what it stands for ends so far: no earlier one has to be
  // looked at again.
  std::size_t star = absl::string_view::npos;
  std::size_t star_end = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_end = t;
      continue;
    }
    const bool escaped = g + 1 < glob.size() && glob[g] == '\\';
    const std::size_t at = escaped ? g + 1 : g;
    if (at < glob.size() && ((glob[at] == '?' && !escaped) || glob[at] == text[t])) {
      g = at + 1;
      ++t;
      continue;
    }
    if (star == absl::string_view::npos) return false;
    g = star + 1;
    t = ++star_end;
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace muster
