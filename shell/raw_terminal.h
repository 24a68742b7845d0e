// A terminal on one node that is ours while it lasts: keys go there, its screen comes here, and it
// has our size. Main thread.
#pragma once

#include "client/ClusterAPI.h"
#include "shell/shell.h"

namespace muster::clustershell {

// A login shell of the user on the node; returns when it has ended, or the user came back with ~.
// or three Ctrl-C (what runs in it is stopped then). The exit code is kExitOk, or says why there
// was none. Our standard input and output have to be terminals: else it says so.
int OpenRawTerminal(Shell& shell, const Node& node);

}  // namespace muster::clustershell
