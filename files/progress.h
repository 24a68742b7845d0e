// Progress: how far a transfer has come. One thread writes, any may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace muster::files {

struct Progress {
  std::atomic<std::uint64_t> bytes{0};  // of files that are here, or not sent as they were
  std::atomic<std::uint64_t> files{0};  // files and links
  std::atomic<std::uint64_t> total_bytes{0};
  std::atomic<std::uint64_t> total_files{0};
};

}  // namespace muster::files
