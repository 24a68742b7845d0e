// What a program that we start on this machine finds in its environment, and how our part of Python
// is started. Reads the environment; thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace muster::clustershell {

// PYTHONPATH, so that `import ClusterAPI` finds the module that lies beside us, and
// PYTHONUNBUFFERED.
std::map<std::string, std::string> ProgramEnvironment();

// The path of clustershell itself.
std::string OwnProgram();

// The start of the argv of ClusterAPI._program_host, which looks into Python files and runs what
// they hold.
std::vector<std::string> PythonProgramHost();

}  // namespace muster::clustershell
