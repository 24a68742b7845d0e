// TransferBar: one line on a terminal that says how far a transfer has come. Drawn from the second
// second on, a few times each second, and wiped away at the end. Lives on the main thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "client/ClusterAPI.h"
#include "shell/output.h"

namespace muster::clustershell {

// "  42%  1.2 GiB of 3 GiB  110 MiB/s  7 of 20 files  1 of 3 nodes  12 s left", cut to what fits
// into the columns. `bytes_per_second`: at the moment. Pure.
std::string BarText(const TransferProgress& sum, double bytes_per_second, std::size_t ended,
                    std::size_t nodes, std::size_t columns);

class TransferBar {
 public:
  TransferBar(Output& output, std::size_t nodes);
  ~TransferBar() { Wipe(); }
  TransferBar(const TransferBar&) = delete;
  TransferBar& operator=(const TransferBar&) = delete;

  // Draws it, if it is time. `sum`: of all nodes together.
  void Show(const TransferProgress& sum, std::size_t ended);
  // Before other lines.
  void Wipe();

 private:
  using Clock = std::chrono::steady_clock;

  Output& output_;
  const std::size_t nodes_;
  const bool is_shown_;  // there is a terminal
  bool is_drawn_ = false;
  Clock::time_point next_;
  Clock::time_point measured_;  // when the rate was
  std::uint64_t measured_bytes_ = 0;
  double rate_ = 0;
};

}  // namespace muster::clustershell
