// Files that are put on nodes and got from them: that they arrive as they were, and what their
// outcomes say when they cannot.
#include <ClusterAPI.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/file_tree.h"

using Catch::Contains;
using muster::Outcome;
using muster::Transfer;
using muster::test::ClusterFixture;
using muster::test::Folder;
using namespace muster::test;  // NOLINT: of file_tree.h all of it

TEST_CASE("a file of any size comes as it was, with its mode and time, there and back") {
  ClusterFixture nodes(1);
  const Folder here;
  constexpr std::size_t kBlock = 64u << 10;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock, kBlock + 1,
                                 16 * kBlock - 1, 16 * kBlock, 16 * kBlock + 1, 100 * kBlock + 7}) {
    INFO(size);
    const std::string path = here.path() + "/file";
    WriteFile(path, Noise(size, size));
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    const std::string there = here.path() + "/there-" + std::to_string(size);
    const Transfer put = nodes.cluster().put(1, {path}, there);
    CHECK(put.wait().describe() == "ok");
    CHECK(Listing(there) == Listing(path));
    CHECK((ReadFile(there) == ReadFile(path)));
    CHECK(put.progress().bytes == size);
    CHECK(put.progress().total_bytes == size);
    CHECK(put.progress().files == 1);
    const std::string back = there + "-back";
    const Transfer get = nodes.cluster().get(1, {there}, back);
    CHECK(get.wait().describe() == "ok");
    CHECK(Listing(back) == Listing(path));
    CHECK((ReadFile(back) == ReadFile(path)));
    CHECK(get.progress().bytes == size);
  }
  CHECK(StagingIn(here.path()).empty());
}
