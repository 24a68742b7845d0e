// Interpreter: the one CPython of this process, warm, never finalised. Started in the zygote,
// before any fork; used in a worker, after it. One thread.
#pragma once

#include <optional>
#include <string>

#include "server/spawner/launch_request.h"
#include "server/spawner/spawn_loop.h"

namespace muster::server {

class Interpreter {
 public:
  struct Options {
    std::string environment_folder;  // of a virtual environment; empty: the system's Python
    bool user_site = false;          // packages in the user's home count
  };
  // Starts CPython isolated from the user's environment (no PYTHON* variables, no current directory
  // in the module path, no user site but with the option). Returns why not, as one line, when it
  // does not start.
  static std::optional<std::string> Start(const Options& options);

  // What has to happen around a fork of this process.
  static SpawnLoop::ForkHooks ForkHooks();

  // In a worker, freshly forked: runs the one Python source, sends its value or exception to
  // kValueFd and ends the process; or is a warm worker (kWorker), until it ends.
  [[noreturn]] static void RunAndExit(const LaunchRequest& request, const StartStatus& status);
};

}  // namespace muster::server
