// Transfers that break off half-way: what is left, that the next one goes on there, and that nobody
// gets out of the destination by what he swaps meanwhile.
#include <ClusterAPI.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <thread>

#include "common/child_process.h"
#include "tests/integration/cluster_fixture.h"
#include "tests/integration/file_tree.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::ChildProcess;
using muster::Outcome;
using muster::Transfer;
using namespace muster::test;  // NOLINT: of file_tree.h all of it

namespace {

constexpr std::size_t kSize = 192u << 20;
// Half-way: so much has arrived.
constexpr std::uint64_t kSome = 8u << 20;

std::uint64_t StagedBytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const std::string& path : StagingIn(folder)) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0) bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  return bytes;
}

// One staging file, which nobody else can read.
void CheckStaging(const std::string& folder) {
  const std::vector<std::string> staging = StagingIn(folder);
  REQUIRE(staging.size() == 1);
  struct stat facts {};
  REQUIRE(::stat(staging[0].c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  CHECK(facts.st_size >= static_cast<off_t>(kSome));
}

// It took up what was there.
void CheckResumed(const Transfer& put, std::uint64_t sent, const std::string& from,
                  const std::string& to) {
  CHECK(put.wait().describe() == "ok");
  CHECK(put.progress().bytes == kSize);
  std::cout << "went on: " << (sent >> 20) << " of " << (kSize >> 20) << " MiB were sent\n";
  CHECK(sent > 0);
  CHECK(sent < kSize - kSome / 2);
  CHECK(Listing(from) == Listing(to));
  CHECK((ReadFile(from) == ReadFile(to)));
}

ChildProcess StartShell(const ClusterFixture& nodes, const std::string& line) {
  ChildProcess::Options options;
  options.argv = {ProgramPath("clustershell"), "-c", line};
  options.extra_environment = {"MUSTER_CONFIG=" + nodes.configuration()};
  auto started = ChildProcess::Start(options);
  REQUIRE(started.ok());
  return *std::move(started);
}

struct Made {
  Made() {
    from = here.path() + "/from";
    WriteFile(from, Noise(kSize, 5));
    folder = here.path() + "/to";
    REQUIRE(::mkdir(folder.c_str(), 0755) == 0);
    to = folder + "/file";
  }
  Folder here;
  std::string from;
  std::string folder;
  std::string to;
};

}  // namespace

TEST_CASE("a put whose client is killed half-way goes on there the next time") {
  ClusterFixture nodes(1);
  const Made made;
  WriteFile(made.to, "old");
  ChildProcess shell = StartShell(nodes, "put " + made.from + " " + made.to);
  CHECK(Eventually([&] { return StagedBytes(made.folder) > kSome; }));
  shell.Kill(SIGKILL);
  REQUIRE(shell.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
  // What was there is whole still; the node's end goes with its client.
  CHECK(ReadFile(made.to) == "old");
  CHECK(Eventually([&] { return nodes.cluster().clustercheck().nodes[0].running == 0; }));
  CheckStaging(made.folder);
  const Transfer again = nodes.cluster().put(1, {made.from}, made.to);
  again.wait();
  CheckResumed(again, again.wait().usage.input_bytes, made.from, made.to);
  CHECK(StagingIn(made.folder).empty());
}

TEST_CASE("a get whose client is killed half-way goes on there the next time") {
  ClusterFixture nodes(1);
  const Made made;
  ChildProcess shell = StartShell(nodes, "get " + made.from + " " + made.to);
  CHECK(Eventually([&] { return StagedBytes(made.folder) > kSome; }));
  shell.Kill(SIGKILL);
  REQUIRE(shell.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
  CHECK(Eventually([&] { return nodes.cluster().clustercheck().nodes[0].running == 0; }));
  CheckStaging(made.folder);
  const Transfer again = nodes.cluster().get(1, {made.from}, made.to);
  again.wait();
  CheckResumed(again, again.wait().usage.stdout_bytes, made.from, made.to);
}

TEST_CASE("what is left is taken up only as far as it is the same") {
  ClusterFixture nodes(1);
  const Made made;
  const Transfer put = nodes.cluster().put(1, {made.from}, made.to);
  CHECK(Eventually([&] { return StagedBytes(made.folder) > kSome; }));
  Transfer(put).cancel();
  CHECK(put.wait().kind == Outcome::Kind::kCancelled);
  CheckStaging(made.folder);
  REQUIRE(Run("printf x | dd of=" + StagingIn(made.folder)[0] +
              " bs=1 seek=100000 conv=notrunc status=none") == 0);
  const Transfer again = nodes.cluster().put(1, {made.from}, made.to);
  CHECK(again.wait().describe() == "ok");
  CHECK(again.wait().usage.input_bytes > kSize);
  CHECK((ReadFile(made.from) == ReadFile(made.to)));
}

TEST_CASE("a node that is killed half-way loses its transfer and no other, and goes on later") {
  ClusterFixture nodes(2);
  const Made made;
  REQUIRE(::mkdir((made.here.path() + "/other").c_str(), 0755) == 0);
  const Transfer put = nodes.cluster().put(1, {made.from}, made.to);
  const Transfer other = nodes.cluster().put(2, {made.from}, made.here.path() + "/other/");
  CHECK(Eventually([&] { return StagedBytes(made.folder) > kSome; }));
  nodes.Kill(1);
  CHECK(put.wait().kind == Outcome::Kind::kLost);
  CHECK(other.wait().describe() == "ok");
  CheckStaging(made.folder);
  nodes.Restart(1);
  const Transfer again = nodes.cluster().put(1, {made.from}, made.to);
  again.wait();
  CheckResumed(again, again.wait().usage.input_bytes, made.from, made.to);
}

TEST_CASE("dropping the last handle stops a transfer, and a deadline does") {
  ClusterFixture nodes(1);
  const Made made;
  {
    const Transfer put = nodes.cluster().put(1, {made.from}, made.to);
    CHECK(Eventually([&] { return StagedBytes(made.folder) > kSome; }));
  }
  CHECK(Eventually([&] { return nodes.cluster().clustercheck().nodes[0].running == 0; }));
  CHECK(Run("test -e " + made.to) == 1);
  muster::TransferOptions options;
  options.deadline = std::chrono::milliseconds(1);
  CHECK(nodes.cluster().put(1, {made.from}, made.to, options).wait().kind ==
        Outcome::Kind::kTimedOut);
}

TEST_CASE("two puts to one name at once both arrive whole") {
  ClusterFixture nodes(2);
  const Made made;
  const std::string other = made.here.path() + "/from2";
  WriteFile(other, Noise(kSize / 4, 6));
  const Transfer a = nodes.cluster().put(1, {made.from}, made.to);
  CHECK(Eventually([&] { return StagedBytes(made.folder) > kSome; }));
  const Transfer b = nodes.cluster().put(2, {other}, made.to);
  CHECK(b.wait().describe() == "ok");
  CHECK(a.wait().describe() == "ok");
  const std::string bytes = ReadFile(made.to);
  CHECK((bytes == ReadFile(made.from) || bytes == ReadFile(other)));
  CHECK(StagingIn(made.folder).empty());
}

TEST_CASE("a disk that is full half-way ends the transfer, and is not left full") {
  // The daemons inherit it; the machine does not see it.
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    std::cout << "not tried: no mount namespaces here\n";
    return;
  }
  ClusterFixture nodes(2);
  const Made made;
  const std::string small = made.here.path() + "/small";
  REQUIRE(::mkdir(small.c_str(), 0755) == 0);
  REQUIRE(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=16m,nr_inodes=64") == 0);
  const Transfer put = nodes.cluster().put(1, {made.from}, small + "/file");
  CHECK(put.wait().describe() == "failed: write " + small + "/file: No space left on device");
  CHECK(StagingIn(small).empty());
  CHECK(Run("test -e " + small + "/file") == 1);
  const Transfer get = nodes.cluster().get(2, {made.from}, small + "/file");
  CHECK(get.wait().describe() == "failed: write " + small + "/file: No space left on device");
  CHECK(StagingIn(small).empty());
  // No room for names.
  REQUIRE(Run("cd " + made.here.path() + " && mkdir names && cd names && touch $(seq 200)") == 0);
  const Transfer names = nodes.cluster().put(1, {made.here.path() + "/names"}, small + "/names");
  CHECK_THAT(names.wait().describe(), Contains("No space left on device"));
  CHECK(names.problems().size() == 1);
  CHECK(nodes.EndsCleanly());
  CHECK(::umount2(small.c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a symlink that is swapped in during transfers never lets one out") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  REQUIRE(Run("cd " + at +
              " && mkdir -p t/sub d victim && for i in $(seq 20); do echo $i > "
              "t/sub/$i; done") == 0);
  const std::string inner = at + "/d/t/sub";
  const std::string aside = at + "/d/aside";
  std::atomic<bool> ends{false};
  std::atomic<int> swaps{0};
  std::thread attacker([&] {
    while (!ends) {
      if (::rename(inner.c_str(), aside.c_str()) != 0) continue;
      if (::symlink((at + "/victim").c_str(), inner.c_str()) == 0) ++swaps;
      ::unlink(inner.c_str());
      ::rename(aside.c_str(), inner.c_str());
      std::filesystem::remove_all(aside);
    }
  });
  int whole = 0;
  const int rounds = Rounds(2000);
  for (int i = 0; i < rounds; ++i) {
    whole += nodes.cluster().put(1, {at + "/t"}, at + "/d").wait().ok() ? 1 : 0;
  }
  ends = true;
  attacker.join();
  std::cout << swaps << " swaps in " << rounds << " transfers, " << whole << " of them ok\n";
  CHECK(swaps > 0);
  CHECK(std::filesystem::is_empty(at + "/victim"));
}

TEST_CASE("what was broken off a week ago is removed, what is younger or another's is not") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  const auto make = [&](const std::string& name, const std::string& date) {
    REQUIRE(Run("cd " + at + " && touch -d '" + date + "' " + name) == 0);
  };
  make(".muster-0123456789abcdef.part", "8 days ago");
  make(".muster-0123456789abcde0.part", "6 days ago");
  make(".muster-0123456789abcdex.part", "8 days ago");
  WriteFile(at + "/file", "x");
  CHECK(nodes.cluster().put(1, {at + "/file"}, at + "/new").wait().ok());
  CHECK(Run("cd " + at +
            " && test ! -e .muster-0123456789abcdef.part -a -e "
            ".muster-0123456789abcde0.part -a -e .muster-0123456789abcdex.part") == 0);
}
