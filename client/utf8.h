// UTF-8 as text of a value has it. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace muster {

// Takes the first character off a text that is not empty. -1: there is none, and nothing was taken.
// Surrogates (U+D800 to U+DFFF) are taken like any other; the caller knows whether they may stand
// there.
int TakeCharacter(std::string_view& text);

// Whether all of it is characters.
bool IsUtf8(std::string_view text, bool allows_surrogates);

}  // namespace muster
