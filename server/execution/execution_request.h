// ExecutionRequest: one accepted request. Plain data.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "server/execution/pty.h"
#include "server/execution/slot.h"
#include "server/identity/identity.h"
#include "server/spawner/launch_request.h"

namespace muster::server {

// Unique within one daemon's life: who asked, and the caller's own id.
struct ExecutionKey {
  uid_t caller = 0;
  std::string stream_id;  // 16 bytes
  std::uint64_t sequence = 0;

  auto operator<=>(const ExecutionKey&) const = default;
};

struct ExecutionRequest {
  ExecutionKey key;
  std::shared_ptr<const Identity> identity;  // of the caller
  LaunchRequest launch;
  bool has_input = false;            // standard input is the caller's, else empty
  bool tells_waiting = false;        // with has_input, in no session: the sink's OnWaiting
  std::optional<Terminal> terminal;  // with has_input: a terminal instead of pipes
  SlotAsks slots;                    // what it holds of the node while it runs
  std::string session;               // runs in the caller's session of this name; empty: in none
  std::uint32_t size = 1;            // for Python in a session: MUSTER_SIZE
  std::uint32_t rank = 0;            // likewise MUSTER_RANK
};

}  // namespace muster::server
