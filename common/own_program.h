// Where Muster's own programs are: beside the one that runs, or where `cmake --install` puts them.
#pragma once

#include <string>

namespace muster {

// The folder of the file that `address` was loaded from (a program or a shared library).
std::string FolderOf(const void* address);

// The path of one of our programs: $MUSTER_BIN_DIR when set, else `folder`, and bin or
// libexec/muster one, two and four folders above it (a program's, a library's, a Python module's),
// the first that has it. Empty when none has.
std::string FindProgram(const std::string& folder, const std::string& name);

}  // namespace muster
