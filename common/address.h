// Address: where a daemon is reached. Pure functions but for the default socket, which looks at the
// environment and the file system; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>
#include <vector>

namespace muster {

// `unix:/path`, or `ssh:[user@]host[:port][/socket/path][?NAME=VALUE&...]` (an IPv6 host stands in
// brackets). The names are relay, keyfile, jump and config; in a value %XX is a byte, for what the
// place of the address would take for something else, as a comma.
struct Address {
  enum class Kind { kUnix, kSsh };
  Kind kind = Kind::kUnix;
  std::string path;          // of the socket; for kSsh empty: the default socket there
  std::string user;          // kSsh; empty: as ssh chooses
  std::string host;          // kSsh
  int port = 0;              // kSsh; 0: as ssh chooses
  std::string relay = {};    // kSsh: whole path of the clusterd there; empty: that of its PATH
  std::string keyfile = {};  // kSsh: the key to log in with, and no other; empty: as ssh chooses
  std::string jump = {};     // kSsh: [user@]host[:port] on the way, several with commas
  std::string config = {};   // kSsh: the file that ssh reads instead of the user's
  std::string ToString() const;
  bool operator==(const Address& other) const = default;
};

// InvalidArgument names what was wrong and the forms that are valid; a path over 107 bytes is
// refused with that limit, host:port with a word on ssh addresses. A host or user that begins with
// `-` is refused (ssh would take it for an option).
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// `[A-Za-z][A-Za-z0-9_.-]*`, at most 64 bytes: what a node, a cluster, a session may be called.
bool IsValidName(absl::string_view name);

// The socket where a daemon of this user listens when nobody names one: clusterd.sock in
// $XDG_RUNTIME_DIR/muster, else /run/muster (root), else /tmp/muster-UID.
std::string DefaultSocketPath();
// Where a client looks when nothing is configured: the user's own default socket, then the
// system's.
std::vector<std::string> DefaultSocketCandidates();

}  // namespace muster
