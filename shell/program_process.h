// The process in which a C++ program runs: clustershell itself, started once more. So a program
// that hangs can be stopped and one that crashes takes nothing with it, as one in Python.
#pragma once

#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

// The argv that starts one that is built in.
std::vector<std::string> ProgramProcess(const Program& program,
                                        const std::vector<std::string>& arguments);
// The argv that starts one of a shared object; without a name: that says, as a line of JSON, which
// there are.
std::vector<std::string> SharedProgramProcess(const std::string& path, const std::string& name = "",
                                              const std::vector<std::string>& arguments = {});

// In main: whether this process is one.
bool IsProgramProcess(int argc, char** argv);
// Opens the cluster of MUSTER_CONFIG and runs the program; returns its exit code.
int RunProgramProcess(int argc, char** argv);

}  // namespace muster::clustershell
