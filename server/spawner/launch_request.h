// LaunchRequest: what a supervisor is told to run. Plain data, valid by the time it is one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/spawner/job_rights.h"
#include "server/spawner/limits.h"

namespace muster::server {

struct LaunchRequest {
  // kWorker: a warm worker, which gets its executions over the WorkerChannel at kValueFd.
  // kFiles: one end of a transfer of files, in the child itself: nothing is exec'd.
  enum class Kind : std::uint8_t { kPython, kShell, kArgv, kWorker, kFiles };
  // How the value of Python travels: as text, or as CBOR where its type has one.
  enum class Form : std::uint8_t { kRepr, kStr, kData };
  // What happens to processes that outlive a command which ended by itself: those in a session of
  // their own stay, none does, all do.
  enum class Leftovers : std::uint8_t { kOwnSession, kReap, kKeep };

  Kind kind = Kind::kShell;
  Form form = Form::kRepr;
  std::string source;                  // kPython, kShell
  std::vector<std::string> arguments;  // kArgv; kFiles: "put" or "get", then the paths
  JobRights rights;
  std::string directory;                 // empty: where the daemon is, or the home of another user
  std::vector<std::string> environment;  // NAME=VALUE, over what every job begins with
  std::optional<std::chrono::milliseconds> deadline;
  std::chrono::milliseconds grace{0};
  Limits limits;
  Leftovers leftovers = Leftovers::kOwnSession;
  // Whether a limit that is reached ends it, and is its verdict. Not for the shell of a session: a
  // command in it that runs into a limit ends in its own way, and the shell goes on.
  bool judges_limits = true;

  std::string Encode() const;
  static std::optional<LaunchRequest> Decode(std::string_view payload);
};

}  // namespace muster::server
