#include "shell/program_list.h"

#include "examples/wordcount/wordcount.h"

namespace muster::clustershell {

const std::vector<Program>& Programs() {
  static const auto* const programs = new std::vector<Program>{
      {"wordcount", "wordcount [DIR]", "the ten most frequent words in the files of a folder",
       &WordCount},
  };
  return *programs;
}

std::vector<std::string> ProgramNames() {
  std::vector<std::string> names;
  for (const Program& program : Programs()) names.emplace_back(program.name);
  return names;
}

const Program* ProgramNamed(absl::string_view name) {
  for (const Program& program : Programs()) {
    if (name == program.name) return &program;
  }
  return nullptr;
}

}  // namespace muster::clustershell
