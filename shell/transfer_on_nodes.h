// `put` and `get`, with and without a target in front: reads the line, has it done, shows how far
// it has come, and tells what could not be copied. Lives on the main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/line_flags.h"
#include "shell/shell.h"

namespace muster::clustershell {

enum class Direction { kPut, kGet };

// `target`: empty: none stands in front of the word (TakeTransferTarget). `rest`: flags, sources
// and destination. `given`: what flags in front of the word said. Returns the exit code.
int TransferOnNodes(Shell& shell, Direction direction, absl::string_view target,
                    absl::string_view rest, const LineOptions& given = {});

// Of put and get.
std::vector<std::string> TransferFlagNames();

// The same, of a line that was read already. `sources` and `destination` as ClusterAPI::put and get
// have them; "~" of this machine is its home.
int Copy(Shell& shell, Direction direction, const std::vector<Node>& nodes,
         std::vector<std::string> sources, std::string destination, const LineOptions& given);

}  // namespace muster::clustershell
