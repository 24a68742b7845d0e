// Which hooks this clustershell calls: as the configuration and its own command line say.
#pragma once

#include <absl/status/status.h>

#include <string>

#include "shell/options.h"

namespace muster::clustershell {

// Makes them known to this process; starts nothing. `configuration`: the file; empty: there is
// none. InvalidArgument: they are switched on in a way that is none, or one is not there.
absl::Status UseHooks(const Options& options, const std::string& configuration);

}  // namespace muster::clustershell
