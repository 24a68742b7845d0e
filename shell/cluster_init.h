// `clusterinit`: writes the machines of a cluster into the configuration. It works where there is
// no cluster yet, and so without a Shell. Main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <string>

#include "shell/output.h"
#include "shell/signals.h"

namespace muster::clustershell {

// `configuration`: the file; empty: the user's own, which is new. `rest`: the machines; when there
// are none, they are asked for if `may_ask`. Returns the exit code.
int InitCluster(Signals& signals, Output& output, const std::string& configuration,
                const std::string& cluster, absl::string_view rest, bool may_ask);

}  // namespace muster::clustershell
