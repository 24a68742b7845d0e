#include "shell/program_list.h"

#include "examples/wordcount/wordcount.h"

namespace muster::clustershell {

const std::vector<Program>& Programs() {
  static const auto* const programs = new std::vector<Program>{
      {"wordcount", "wordcount [DIR]", "the ten most frequent words in the files of a folder",
       &WordCount,
       "  wordcount /usr/share/doc\n"
       "Every file is counted on one of the nodes, which all have to see the folder.\n"},
  };
  return *programs;
}

const Program* ProgramNamed(absl::string_view name) {
  for (const Program& program : Programs()) {
    if (name == program.name) return &program;
  }
  return nullptr;
}

}  // namespace muster::clustershell
