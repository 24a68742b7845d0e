// What Describe tells of the machine. Each call looks; cheap, and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace muster::server {

// Processors that the daemon may use.
unsigned UsableCores();
// Bytes; 0: not known.
std::uint64_t MemoryBytes();
// Runnable processes, the mean of the last minute; 0: not known.
double Load();
// "debian-12": ID and VERSION_ID of os-release(5); without such a file "linux".
std::string OsName();
// Of all interfaces that are up, IPv4 and IPv6, each once.
std::vector<std::string> IpAddresses();

}  // namespace muster::server
