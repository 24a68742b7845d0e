// Network file systems, told by their kind. A socket or a lock on one of them is not what it seems:
// other machines see the file, but nobody can connect to it from there, and locks of two machines
// may not know each other. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace muster {

// The name of the network file system with this number (f_type of statfs(2)), as "NFS"; empty for
// everything else, and for FUSE, which does not tell what is behind it. Pure.
std::string NetworkFileSystemName(std::uint64_t type);

// The same of the file system that an open file or folder lies on. Empty also when the system does
// not tell.
std::string NetworkFileSystemOf(int fd);

}  // namespace muster
