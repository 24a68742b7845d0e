// Messages with descriptors over a Unix socket (SCM_RIGHTS, unix(7)). Stateless; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace muster::server {

struct FdMessage {
  std::string bytes;
  std::vector<UniqueFd> fds;  // closed on exec
};

// The longest message, bytes.
inline constexpr std::size_t kMaxFdMessageBytes = 8192;
// The most descriptors one message may carry.
inline constexpr int kMaxPassedFds = 8;

// Sends one message; false with errno when the socket does not take it.
bool SendFdMessage(int socket, const std::string& bytes, const std::vector<int>& fds);

// Receives one message. No bytes: end of file. Empty with errno: nothing there, or an error.
std::optional<FdMessage> ReceiveFdMessage(int socket);

}  // namespace muster::server
