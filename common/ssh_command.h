// How the system's ssh is called: the words of its command line. Reads the environment, starts
// nothing; thread-safe.
//
// $MUSTER_SSH, when set, stands for the word `ssh`, split at spaces (`ssh -F /path/config`).
#pragma once

#include <string>
#include <vector>

#include "common/address.h"

namespace muster {

// Runs `remote`, a line for the login shell there, at the host of an ssh address, by its way:
// user, port, key, hosts on the way, configuration. Never asks anything, and is never a connection
// that others share. `options`: further values of ssh's -o.
std::vector<std::string> SshCommand(const Address& address, const std::vector<std::string>& options,
                                    const std::string& remote);

// As one word of a login shell, whichever it is.
std::string QuotedForSsh(const std::string& text);

}  // namespace muster
