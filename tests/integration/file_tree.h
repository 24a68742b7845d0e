// Files and trees for the tests of transfers: made, read and compared. Single-threaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/integration/watching.h"

namespace muster::test {

// Bytes that no compression shortens, the same for the same seed.
std::string Noise(std::size_t size, std::uint64_t seed);
void WriteFile(const std::string& path, const std::string& bytes);
// What is at the path and below it, in the order of the alphabet, one line each: kind, mode, size
// of a file, time, name below the path, where a symlink points. Not what is in the files.
std::string Listing(const std::string& path);
// Whether everything at and below the paths is the same: listing and contents.
bool SameTrees(const std::string& a, const std::string& b);
// Files of transfers that are not whole, anywhere below.
std::vector<std::string> StagingIn(const std::string& folder);
// Runs it in a shell; its exit code.
int Run(const std::string& command);

}  // namespace muster::test
