// The whole of clustershell, from the flags to the exit code.
#pragma once

namespace muster::clustershell {

// What main returns. Call it before any thread is started.
int Main(int argc, char** argv);

}  // namespace muster::clustershell
