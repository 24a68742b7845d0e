// What a node says of the sessions of its caller: shells and Python workers that stay between
// commands. Part of ClusterAPI.h; plain data, as safe between threads as a std::string.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "status.h"

namespace muster {

enum class SessionKind { kShell, kPython };

struct Session {
  std::string name;
  SessionKind kind = SessionKind::kShell;
  bool running = false;               // a command runs in it
  std::uint32_t waiting = 0;          // commands that wait in it for their turn
  std::chrono::milliseconds age{0};   // since it was opened
  std::chrono::milliseconds idle{0};  // since its last command ended, or its opening; 0: it is not
};

// How it went on one node.
struct NodeSessions {
  std::string node;               // empty when the target names none
  Status status;                  // not ok: why not; nothing is known of its sessions then
  std::vector<Session> sessions;  // by name; when that was asked
};

}  // namespace muster
