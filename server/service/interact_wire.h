// The conversions and checks of what only Interact and sessions carry: terminals, input, signals.
// Stateless; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "muster/v1/node.pb.h"
#include "server/execution/pty.h"

namespace muster::server {

WindowSize ReadWindowSize(const v1::WindowSize& message);
Terminal ReadTerminal(const v1::Terminal& message);

// Why no terminal can be like this; empty: it can.
std::optional<std::string> CheckTerminal(const v1::Terminal& message);

// Why no session can be called this; empty: it can.
std::optional<std::string> CheckSessionName(const std::string& name);

// Why a session does not run this request, which names one; empty: it does.
std::optional<std::string> CheckSessionUse(const v1::ExecuteRequest& message);

// How a message after the first one breaks the contract; empty: it does not.
std::optional<std::string> CheckInteraction(const v1::InteractRequest& message);

}  // namespace muster::server
