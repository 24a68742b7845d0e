// Much at once: big files to many nodes, trees of many files; and what that costs.
#include <ClusterAPI.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>

#include "tests/integration/cluster_fixture.h"
#include "tests/integration/file_tree.h"
#include "tests/integration/measuring.h"

using muster::Target;
using muster::Transfer;
using namespace muster::test;  // NOLINT: of file_tree.h all of it

namespace {

void Say(const std::string& what, const Transfer& transfer) {
  const muster::TransferProgress progress = transfer.progress();
  std::cout << what << ": " << progress.elapsed.count() << " ms, "
            << static_cast<long>(progress.bytes_per_second / 1e6) << " MB/s\n";
}

long MemoryBelow(const ClusterFixture& nodes, int count) {
  long kib = 0;
  for (int node = 1; node <= count; ++node) {
    kib += AnonymousKiB(nodes.pid(node));
    for (const auto& process : DescendantsOf(nodes.pid(node))) kib += AnonymousKiB(process.pid);
  }
  return kib;
}

}  // namespace

TEST_CASE("100 MiB go to ten nodes and come back from them, in little memory") {
  constexpr int kNodes = 10;
  const std::size_t size = static_cast<std::size_t>(std::min(100, Rounds(400))) << 20;
  ClusterFixture nodes(kNodes);
  const Folder here;
  const std::string from = here.path() + "/from";
  WriteFile(from, Noise(size, 11));
  std::vector<Target> all;
  for (int node = 1; node <= kNodes; ++node) all.emplace_back(node);
  const long before = MemoryBelow(nodes, kNodes);
  const long own_before = AnonymousKiB(::getpid());
  long most = 0;
  long own_most = 0;
  // Each node its own folder: they share this machine's disk.
  std::vector<Transfer> puts;
  for (int node = 1; node <= kNodes; ++node) {
    puts.push_back(nodes.cluster().put(node, {from}, here.path() + "/n" + std::to_string(node)));
  }
  for (const Transfer& put : puts) {
    while (put.wait_for(std::chrono::milliseconds(20)) == nullptr) {
      most = std::max(most, MemoryBelow(nodes, kNodes) - before);
      own_most = std::max(own_most, AnonymousKiB(::getpid()) - own_before);
    }
    CHECK(put.wait().describe() == "ok");
  }
  Say("put " + std::to_string(size >> 20) + " MiB to " + std::to_string(kNodes), puts.back());
  std::cout << "memory: " << most << " KiB more in all daemons, " << own_most << " KiB here\n";
  if (kMemoryMeansSomething) {
    CHECK(most < kNodes * 12 * 1024L);
    CHECK(own_most < kNodes * 8 * 1024L);
  }
  const std::vector<Transfer> gets = nodes.cluster().get(all, {from}, here.path() + "/back");
  for (const Transfer& get : gets) CHECK(get.wait().describe() == "ok");
  Say("get from " + std::to_string(kNodes), gets.back());
  const std::string bytes = ReadFile(from);
  for (int node = 1; node <= kNodes; ++node) {
    const std::string n = std::to_string(node);
    CHECK((ReadFile(here.path() + "/n" + n) == bytes));
    CHECK((ReadFile(here.path() + "/back.n" + n) == bytes));
  }
}

TEST_CASE("nodes that share a folder take one file at the same time, and one of them wins") {
  constexpr int kNodes = 8;
  ClusterFixture nodes(kNodes);
  const Folder here;
  const std::string from = here.path() + "/from";
  WriteFile(from, Noise(100, 12));
  for (int round = 0; round < Rounds(1000); ++round) {
    const std::string to = here.path() + "/to" + std::to_string(round);
    std::vector<Transfer> puts;
    for (int node = 1; node <= kNodes; ++node) {
      puts.push_back(nodes.cluster().put(node, {from}, to));
    }
    for (const Transfer& put : puts) REQUIRE(put.wait().describe() == "ok");
    REQUIRE(ReadFile(to) == ReadFile(from));
  }
  std::error_code error;
  const auto left = std::distance(std::filesystem::directory_iterator(here.path(), error),
                                  std::filesystem::directory_iterator());
  CHECK(left == Rounds(1000) + 1);  // no staging file
}

TEST_CASE("a tree of 10,000 small files goes there and back") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  const int folders = std::min(100, Rounds(200));
  REQUIRE(Run("mkdir " + at + "/tree && cd " + at + "/tree && for d in $(seq " +
              std::to_string(folders) +
              "); do mkdir $d && cd $d && for f in $(seq 100); do echo $d "
              "$f > $f; done && cd ..; done") == 0);
  const Transfer put = nodes.cluster().put(1, {at + "/tree"}, at + "/there");
  CHECK(put.wait().describe() == "ok");
  CHECK(put.progress().files == static_cast<std::uint64_t>(folders) * 100);
  CHECK(put.progress().total_files == put.progress().files);
  Say("put " + std::to_string(folders * 100) + " files", put);
  const Transfer get = nodes.cluster().get(1, {at + "/there"}, at + "/back");
  CHECK(get.wait().describe() == "ok");
  Say("get them", get);
  CHECK(SameTrees(at + "/tree", at + "/there"));
  CHECK(SameTrees(at + "/tree", at + "/back"));
  // Nothing of it can be written where there is no room for any: one problem, not 10,000.
  const Transfer none = nodes.cluster().put(1, {at + "/tree"}, "/proc/none");
  CHECK_FALSE(none.wait().ok());
}
