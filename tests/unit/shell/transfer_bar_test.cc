#include "shell/transfer_bar.h"

#include <catch2/catch.hpp>

using muster::TransferProgress;
using muster::clustershell::BarText;

TEST_CASE("the bar says how far, how fast, of how many, and how long still") {
  TransferProgress sum;
  sum.bytes = 512u << 20;
  sum.total_bytes = 1u << 30;
  sum.files = 7;
  sum.total_files = 20;
  CHECK(BarText(sum, 32 << 20, 1, 3, 200) ==
        " 50%  512 MiB of 1 GiB  32 MiB/s  7 of 20 files  1 of 3 nodes  16 s left");
  CHECK(BarText(sum, 32 << 20, 0, 1, 200) ==
        " 50%  512 MiB of 1 GiB  32 MiB/s  7 of 20 files  16 s left");
  CHECK(BarText(sum, 32 << 20, 0, 1, 20) == " 50%  512 MiB of 1 …");
}

TEST_CASE("the bar promises nothing where nothing is known") {
  TransferProgress sum;
  CHECK(BarText(sum, 0, 0, 1, 200) == "0 bytes of 0 bytes  0 bytes/s  0 of 0 files");
  sum.total_bytes = 1;
  sum.bytes = 3;  // it grew
  CHECK(BarText(sum, 1e300, 0, 1, 200).substr(0, 4) == "100%");
  sum.bytes = 0;
  sum.total_bytes = ~std::uint64_t{0};
  CHECK(BarText(sum, 1, 0, 1, 200).find("left") == std::string::npos);
}
