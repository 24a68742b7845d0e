// What the files of programs give: found out in a process of its own, since looking into such a
// file may run what it holds. Blocks; thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "shell/programs/program_entry.h"

namespace muster::clustershell {

struct FileDescription {
  std::string path;
  std::vector<ProgramEntry> programs;
  std::vector<std::pair<int, std::string>> problems;  // line (0: none) and what is wrong there
};

// One for each, in their order. A file that takes more than 5 s, or that ends the process, is a
// problem of that file.
std::vector<FileDescription> DescribePythonFiles(const std::vector<std::string>& paths);
FileDescription DescribeSharedObject(const std::string& path);

// From the first comment of a script; nothing is run.
FileDescription DescribeExecutable(const std::string& path);

}  // namespace muster::clustershell
