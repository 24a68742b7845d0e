// The known word that a mistyped one most likely meant. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

namespace muster {

// The known word with the fewest edits to `word` (insert, delete, replace, swap of neighbours each
// count one), the first of equals; a word that begins with `word` counts as one edit away. Empty
// when none is near: more than a third of the letters would change, and more than one.
std::string Nearest(absl::string_view word, const std::vector<std::string>& known);

// "; did you mean WORD?", or nothing.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known);

}  // namespace muster
