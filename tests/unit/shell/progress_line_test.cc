#include "shell/progress_line.h"

#include <catch2/catch.hpp>

namespace muster::clustershell {
namespace {

TEST_CASE("progress says how many have ended, and who has not") {
  using std::chrono::milliseconds;
  CHECK(ProgressText(48, 64, 2, milliseconds(5400), {"n3", "n7", "n8"}, 80) ==
        "48 of 64 nodes, 2 failed, 5 s; n[3,7-8] still run");
  CHECK(ProgressText(0, 1, 0, milliseconds(0), {"n1"}, 80) == "0 of 1 node, 0 ms; n1 still runs");
  CHECK(ProgressText(3, 3, 0, milliseconds(3000), {}, 80) == "3 of 3 nodes, 3 s");
  CHECK(ProgressText(48, 64, 2, milliseconds(5400), {"n3"}, 12) == "48 of 64 no…");
}

}  // namespace
}  // namespace muster::clustershell
