// Bundle: a folder of our programs that can be taken to another host (scripts/bundle), and its
// bytes as they go there. Reads files; thread-safe once loaded.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace muster::provision {

class Bundle {
 public:
  // What travels is cut into blocks of this size, and each file begins with one: then the simplest
  // tools can take it apart.
  static constexpr std::uint64_t kBlock = 4096;

  struct File {
    std::string path;  // in the folder
    std::string mode;  // "755"
    std::uint64_t size = 0;
  };

  // NotFound, InvalidArgument: the folder holds no bundle, and how one is made.
  static absl::StatusOr<Bundle> Load(const std::string& folder);
  // Made of the programs that belong to this one, in $XDG_CACHE_HOME/muster/bundles, unless it is
  // there already. Takes a second.
  static absl::StatusOr<Bundle> Make();

  const std::string& folder() const { return folder_; }
  const std::string& digest() const { return digest_; }    // of its content
  const std::string& machine() const { return machine_; }  // "x86_64"
  const std::string& glibc() const { return glibc_; }      // that it needs at least: "2.36"
  const std::vector<File>& files() const { return files_; }
  // Of all files, each in whole blocks.
  std::uint64_t BytesToSend() const;

 private:
  std::string folder_;
  std::string digest_;
  std::string machine_;
  std::string glibc_;
  std::vector<File> files_;
};

}  // namespace muster::provision
