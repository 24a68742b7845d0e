// The C++ programs that `run` knows. To add one: link its library, and put it into the list in
// program_list.cc.
#pragma once

#include <absl/strings/string_view.h>

#include <ostream>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

struct Program {
  const char* name;
  const char* usage;    // "wordcount [DIR]"
  const char* summary;  // one line, no full stop
  // Returns the exit code. It runs in a process of its own, so it may be stopped at any point.
  int (*run)(ClusterAPI& cluster, const std::vector<std::string>& arguments, std::ostream& out,
             std::ostream& err);
};

const std::vector<Program>& Programs();
std::vector<std::string> ProgramNames();

// Null when there is none of this name.
const Program* ProgramNamed(absl::string_view name);

}  // namespace muster::clustershell
