#include "tests/integration/file_tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace muster::test {
namespace {

namespace fs = std::filesystem;

std::string Line(const fs::path& path, const std::string& name) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return "missing " + name + "\n";
  std::ostringstream line;
  line << std::oct << facts.st_mode << std::dec << " "
       << (S_ISREG(facts.st_mode) ? facts.st_size : 0) << " " << facts.st_mtim.tv_sec << "."
       << facts.st_mtim.tv_nsec << " " << name;
  if (S_ISLNK(facts.st_mode)) line << " -> " << fs::read_symlink(path).string();
  return line.str() + "\n";
}

std::vector<fs::path> Below(const fs::path& path) {
  std::vector<fs::path> all;
  if (fs::is_directory(fs::symlink_status(path))) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

std::string Noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  bytes.reserve(size + 8);
  while (bytes.size() < size) {
    const std::uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  bytes.resize(size);
  return bytes;
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string Listing(const std::string& path) {
  std::string text = Line(path, ".");
  for (const fs::path& inner : Below(path)) {
    text += Line(inner, inner.lexically_relative(path).string());
  }
  return text;
}

bool SameTrees(const std::string& a, const std::string& b) {
  if (Listing(a) != Listing(b)) return false;
  for (const fs::path& inner : Below(a)) {
    if (!fs::is_regular_file(fs::symlink_status(inner))) continue;
    const fs::path other = fs::path(b) / inner.lexically_relative(a);
    if (ReadFile(inner.string()) != ReadFile(other.string())) return false;
  }
  return true;
}

std::vector<std::string> StagingIn(const std::string& folder) {
  std::vector<std::string> found;
  for (const fs::path& path : Below(folder)) {
    const std::string name = path.filename().string();
    if (name.starts_with(".muster-") && name.ends_with(".part")) found.push_back(path.string());
  }
  return found;
}

int Run(const std::string& command) {
  const int status = ::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace muster::test
