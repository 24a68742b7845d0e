// Starts what `run` and a program's own name mean. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>

#include "shell/programs/program_entry.h"
#include "shell/shell.h"

namespace muster::clustershell {

// `rest`: the line behind the program's name. Returns the exit code.
int StartProgram(Shell& shell, const ProgramEntry& program, absl::string_view rest);

// The file that the first word of a line of `run` means: a Python file, a shared object, or
// anything that can be executed.
int StartFile(Shell& shell, const std::string& path, absl::string_view rest);

// Looks which programs there are now, and says what is wrong with their files.
void RefreshPrograms(Shell& shell);

}  // namespace muster::clustershell
