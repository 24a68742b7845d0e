// What somebody else wrote, made harmless for a terminal. Pure; thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>

namespace muster {

// Shows as text what a terminal would act on, so that no node can move the cursor, set the title or
// forge another node's line: control characters but tab and newline, DEL, and bytes that are no
// UTF-8 become \r, \x1b, …; the C1 controls U+0080 to U+009F become \u009b, ….
//
// So do characters that change how the others are shown, or that nobody sees: line and paragraph
// separators, controls of writing direction ("cod.exe" shown as "exe.doc"), and every other
// invisible format character (zero width space, byte order mark, soft hyphen, tags, …): with them
// two names look alike that are not. Zero width joiner and non-joiner stay: Persian, Indic scripts
// and emoji need them. All else stays.
std::string EscapeControls(absl::string_view text);

// As EscapeControls, newline and tab too (\n, \t).
std::string EscapeToOneLine(absl::string_view text);

// How many bytes at the end of the text are the beginning of a character of UTF-8 whose other bytes
// may still come: 0 to 3.
std::size_t UnfinishedBytes(absl::string_view text);

}  // namespace muster
