#include <absl/status/status.h>

#include <iostream>

#include "common/standard_fds.h"
#include "shell/nodeset/nodeset_options.h"
#include "shell/nodeset/nodeset_program.h"

int main(int argc, char** argv) {
  muster::OpenMissingStandardFds();
  std::ios::sync_with_stdio(false);
  const auto options = muster::nodeset::ParseNodesetOptions(argc, argv);
  if (!options.ok()) {
    std::cerr << "muster-nodeset: " << options.status().message() << "\n";
    return options.status().code() == absl::StatusCode::kOutOfRange ? 1 : 2;
  }
  if (options->text) {
    std::cout << *options->text << std::flush;
    return std::cout ? 0 : 1;
  }
  return muster::nodeset::NodesetProgram(*options).Run();
}
