// Feeder: another process that makes a value's bytes, at the far end of a socketpair; as a worker
// does for the daemon. It has to be started before gRPC, since it is a fork. One reader at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/unique_fd.h"

namespace muster::bench {

class Feeder {
 public:
  // The process ends with this object.
  static Feeder Start();

  // Asks for so many bytes; Read then gives them.
  bool Ask(std::uint64_t bytes);
  // Fills the buffer. False: the process is gone.
  bool Read(char* buffer, std::size_t bytes);

 private:
  explicit Feeder(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
};

}  // namespace muster::bench
