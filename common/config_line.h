// One line of a configuration, as inih is not asked: whether it says anything, and what. Pure;
// thread-safe.
#pragma once

#include <absl/strings/string_view.h>

namespace muster {

bool IsBlankOrComment(absl::string_view line);
// Without what follows a ';' after white space. inih does this for some lines only.
absl::string_view WithoutInlineComment(absl::string_view line);
// As useradd(8) allows them, those of a directory service ("alice@lab"), and numbers.
bool IsAccountName(absl::string_view name);

}  // namespace muster
