// ProgramEntry: a program that the prompt knows by its name, and where it comes from. Plain data.
#pragma once

#include <string>

namespace muster::clustershell {

struct ProgramEntry {
  enum class Kind {
    kBuiltIn,        // of program_list.h
    kShared,         // of a shared object (muster/program.h)
    kPythonCommand,  // a function of a Python file
    kPythonScript,   // a Python file
    kExecutable,
  };
  Kind kind = Kind::kExecutable;
  std::string name;
  std::string usage;    // "greet [WHOM]"
  std::string summary;  // one line
  std::string help;     // more lines, or nothing
  std::string path;     // of its file; empty: built in
  int line = 0;         // in the file; 0: not known
};

}  // namespace muster::clustershell
