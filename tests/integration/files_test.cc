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

namespace {

// With everything that a tree may hold.
void MakeTree(const std::string& at) {
  REQUIRE(Run("mkdir -p '" + at + "'/empty '" + at + "'/deep/deeper '" + at + "'/closed") == 0);
  WriteFile(at + "/plain", "plain\n");
  WriteFile(at + "/.hidden", "");
  WriteFile(at + "/deep/deeper/noise", Noise(3'000'000, 3));
  WriteFile(at + "/two\nlines", "n");
  WriteFile(at + "/not \xff utf-8 \xc3\x28", "u");
  WriteFile(at + "/umläut 日本", "ä");
  WriteFile(at + "/-rf", "a name like a flag");
  WriteFile(at + "/deep/program", "#!/bin/sh\n");
  REQUIRE(::chmod((at + "/deep/program").c_str(), 04755) == 0);
  WriteFile(at + "/closed/secret", "s");
  REQUIRE(::chmod((at + "/closed/secret").c_str(), 0) == 0);
  REQUIRE(::chmod((at + "/closed").c_str(), 0500) == 0);
  REQUIRE(::symlink("plain", (at + "/link").c_str()) == 0);
  REQUIRE(::symlink("/nowhere/at all", (at + "/deep/dangling").c_str()) == 0);
  REQUIRE(::symlink("deep", (at + "/to-folder").c_str()) == 0);
  REQUIRE(Run("cd '" + at +
              "' && touch -h -d '2001-02-03 04:05:06.789' link plain deep/dangling "
              "deep/deeper deep empty .") == 0);
}

// As it comes: without setuid.
void DropBits(const std::string& tree) {
  REQUIRE(::chmod((tree + "/deep/program").c_str(), 0755) == 0);
}

Outcome PutOne(ClusterFixture& nodes, const std::string& from, const std::string& to) {
  return nodes.cluster().put(1, {from}, to).wait();
}

}  // namespace

TEST_CASE("a tree comes with its modes, times, links, empty folders and strange names") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string tree = here.path() + "/tree";
  MakeTree(tree);
  const std::string there = here.path() + "/there";
  CHECK(PutOne(nodes, tree, there).describe() == "ok");
  const std::string back = here.path() + "/back";
  CHECK(nodes.cluster().get(1, {there}, back).wait().describe() == "ok");
  DropBits(tree);
  CHECK(Listing(there) == Listing(tree));
  CHECK(SameTrees(there, tree));
  CHECK(SameTrees(back, tree));
  // Once more over itself: a folder that is closed to its own owner is no obstacle.
  CHECK(PutOne(nodes, tree + "/", there + "/../").describe() == "ok");
  CHECK(nodes.cluster().put(1, {tree}, here.path() + "/again/").wait().describe() == "ok");
  CHECK(nodes.cluster().put(1, {tree}, here.path() + "/again/").wait().describe() == "ok");
  CHECK(SameTrees(here.path() + "/again/tree", tree));
  CHECK(StagingIn(here.path()).empty());
}

TEST_CASE("where things go is what users of scp expect") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  WriteFile(at + "/a", "new a");
  WriteFile(at + "/b", "new b");
  REQUIRE(Run("mkdir -p " + at + "/folder " + at + "/tree/sub; echo x > " + at + "/tree/sub/x") ==
          0);
  const auto put = [&](const std::vector<std::string>& from, const std::string& to) {
    return nodes.cluster().put(1, from, to).wait().describe();
  };
  // Into a folder, over a file, to a new name, into a new folder.
  CHECK(put({at + "/a"}, at + "/folder") == "ok");
  CHECK(ReadFile(at + "/folder/a") == "new a");
  WriteFile(at + "/old", "a longer old text");
  CHECK(put({at + "/a"}, at + "/old") == "ok");
  CHECK(ReadFile(at + "/old") == "new a");
  CHECK(put({at + "/a", at + "/b"}, at + "/new") == "ok");
  CHECK(ReadFile(at + "/new/b") == "new b");
  CHECK(put({at + "/a"}, at + "/made/") == "ok");
  CHECK(ReadFile(at + "/made/a") == "new a");
  // A tree onto a tree: what is there and has another name stays.
  REQUIRE(Run("mkdir -p " + at + "/folder/tree/sub; echo y > " + at + "/folder/tree/sub/y") == 0);
  CHECK(put({at + "/tree"}, at + "/folder") == "ok");
  CHECK(ReadFile(at + "/folder/tree/sub/x") == "x\n");
  CHECK(ReadFile(at + "/folder/tree/sub/y") == "y\n");
  // A symlink at the destination is replaced, not written through; one to a folder is that folder.
  REQUIRE(::symlink((at + "/old").c_str(), (at + "/alias").c_str()) == 0);
  CHECK(put({at + "/b"}, at + "/alias") == "ok");
  CHECK(ReadFile(at + "/alias") == "new b");
  CHECK(ReadFile(at + "/old") == "new a");
  REQUIRE(::symlink("folder", (at + "/to-folder").c_str()) == 0);
  CHECK(put({at + "/b"}, at + "/to-folder") == "ok");
  CHECK(ReadFile(at + "/folder/b") == "new b");
  // Patterns.
  CHECK(put({at + "/[ab]"}, at + "/matched") == "ok");
  CHECK(ReadFile(at + "/matched/a") == "new a");
  WriteFile(at + "/[ab]", "literally");
  CHECK(put({at + "/[ab]"}, at + "/literal") == "ok");
  CHECK(ReadFile(at + "/literal") == "literally");
}

TEST_CASE("what cannot be copied is named, and the rest is copied") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  REQUIRE(Run("cd " + at +
              " && mkdir t && mkfifo t/fifo && echo 1 > t/one && python3 -c 'import "
              "socket; socket.socket(socket.AF_UNIX).bind(\"t/socket\")' && mknod t/null c 1 3") ==
          0);
  const Transfer put = nodes.cluster().put(1, {at + "/t"}, at + "/u");
  CHECK(put.wait().kind == Outcome::Kind::kFailed);
  CHECK_THAT(put.wait().reason, Contains("; and 2 more"));
  CHECK(put.problems().size() == 3);
  std::string said;
  for (const auto& problem : put.problems()) said += problem.describe() + "\n";
  CHECK_THAT(said, Contains("t/fifo is a fifo: only files, folders and symlinks are copied\n"));
  CHECK_THAT(said, Contains("t/socket is a socket:"));
  CHECK_THAT(said, Contains("t/null is a device:"));
  CHECK(ReadFile(at + "/u/one") == "1\n");
  const Transfer get = nodes.cluster().get(1, {at + "/t", at + "/nothing"}, at + "/v/");
  CHECK(get.wait().kind == Outcome::Kind::kFailed);
  CHECK(get.problems().size() == 4);
  CHECK(get.problems().front().describe() == "find " + at + "/nothing: No such file or directory");
  CHECK(ReadFile(at + "/v/t/one") == "1\n");
  // What is in the way.
  REQUIRE(Run("cd " + at +
              " && mkdir -p w/t w/x && ln -s /tmp w/t/one && mkdir w/u && touch w/u/t") == 0);
  CHECK(PutOne(nodes, at + "/t/one", at + "/w/x").ok());
  REQUIRE(Run("cd " + at + " && rm w/x/one && mkdir w/x/one") == 0);
  CHECK(PutOne(nodes, at + "/t/one", at + "/w/x").describe() ==
        "failed: put into place " + at + "/w/x/one: Is a directory");
  REQUIRE(Run("cd " + at + " && mkdir -p s/t") == 0);
  CHECK(PutOne(nodes, at + "/s/t", at + "/w/u").describe() ==
        "failed: open the folder " + at + "/w/u/t: Not a directory");
  CHECK(PutOne(nodes, at + "/t/one", at + "/no/folder/x").describe() ==
        "failed: open the folder " + at + "/no/folder: No such file or directory");
  CHECK(PutOne(nodes, at + "/t/one", at + "/t/one/").describe() ==
        "failed: open the folder " + at + "/t/one: Not a directory");
  CHECK(StagingIn(at).empty());
  // Nothing is sent when something is not here.
  const Transfer nothing = nodes.cluster().put(1, {at + "/t/one", at + "/gone"}, at + "/z/");
  CHECK(nothing.wait().kind == Outcome::Kind::kRefused);
  CHECK_THAT(nothing.wait().reason, Contains("there is no " + at + "/gone on this machine"));
  CHECK_THAT(PutOne(nodes, "", at + "/empty").reason, Contains("a path is empty"));
  CHECK_THAT(PutOne(nodes, "/", at + "/z/").reason, Contains("has no name of its own"));
  CHECK(nodes.cluster().put(9, {at + "/t/one"}, at).wait().kind == Outcome::Kind::kRefused);
  CHECK(nodes.cluster().put(1, {}, at).wait().kind == Outcome::Kind::kRefused);
  CHECK(nodes.cluster().put(1, {at}, "").wait().kind == Outcome::Kind::kRefused);
  CHECK(nodes.cluster().get(1, {}, at).wait().kind == Outcome::Kind::kRefused);
  CHECK(nodes.cluster().get(1, {"a"}, "").wait().kind == Outcome::Kind::kRefused);
}

TEST_CASE("a symlink in the way of a tree is not followed") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  REQUIRE(Run("cd " + at +
              " && mkdir -p t/sub victim d/t && echo evil > t/sub/file && "
              "ln -s ../../victim d/t/sub") == 0);
  const Transfer put = nodes.cluster().put(1, {at + "/t"}, at + "/d");
  CHECK(put.wait().kind == Outcome::Kind::kFailed);
  CHECK_THAT(put.wait().reason, Contains("open the folder " + at + "/d/t/sub"));
  CHECK(Run("test -z \"$(ls -A " + at + "/victim)\"") == 0);
  // Of the sender's side neither: what a link stands for is not sent.
  REQUIRE(::symlink("/etc", (at + "/t/etc").c_str()) == 0);
  CHECK(nodes.cluster().get(1, {at + "/t"}, at + "/got").wait().ok());
  CHECK(SameTrees(at + "/t", at + "/got"));
}

TEST_CASE("of several nodes each name carries the node's, and a dead node holds nobody up") {
  ClusterFixture nodes(3);
  const Folder here;
  const std::string& at = here.path();
  REQUIRE(Run("cd " + at + " && mkdir -p logs/sub && echo 1 > logs/a.log && echo 2 > logs/b.log") ==
          0);
  const auto get = [&](const std::vector<std::string>& from, const std::string& to) {
    std::string said;
    for (const Transfer& transfer : nodes.cluster().get({1, 2, 3}, from, to)) {
      said += transfer.wait().describe() + "\n";
    }
    return said;
  };
  CHECK(get({at + "/logs/*.log"}, at + "/got") == "ok\nok\nok\n");
  CHECK(Run("test \"$(cd " + at +
            "/got && echo *)\" = 'a.log.n1 a.log.n2 a.log.n3 b.log.n1 b.log.n2 "
            "b.log.n3'") == 0);
  CHECK(get({at + "/logs"}, at + "/tree") == "ok\nok\nok\n");
  CHECK(SameTrees(at + "/logs", at + "/tree.n2"));
  nodes.Kill(2);
  CHECK_THAT(get({at + "/logs/a.log"}, at + "/one"), Contains("ok\nunreachable"));
  CHECK(ReadFile(at + "/one.n3") == "1\n");
  const auto put = nodes.cluster().put({"n1", "n7"}, {at + "/logs"}, at + "/x");
  CHECK(put[0].wait().kind == Outcome::Kind::kSkipped);
  CHECK(put[1].wait().kind == Outcome::Kind::kRefused);
}

TEST_CASE("holes stay holes, and what is over a bound is cut off") {
  ClusterFixture nodes(1);
  const Folder here;
  const std::string& at = here.path();
  constexpr std::uint64_t kSize = 5ull << 30;
  // Data at the beginning, in the middle and as the last byte.
  REQUIRE(Run("cd " + at +
              " && truncate -s 5G sparse && printf start | dd of=sparse conv=notrunc status=none "
              "&& printf middle | dd of=sparse bs=1 seek=2500000000 conv=notrunc status=none && "
              "printf e | dd of=sparse bs=1 seek=" +
              std::to_string(kSize - 1) +
              " conv=notrunc status=none && truncate -s 3000000 hole") == 0);
  const auto holds = [](const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_blocks * 512 : -1;
  };
  CHECK(PutOne(nodes, at + "/sparse", at + "/there").describe() == "ok");
  CHECK(PutOne(nodes, at + "/hole", at + "/hole-there").describe() == "ok");
  CHECK(nodes.cluster().get(1, {at + "/there"}, at + "/back").wait().describe() == "ok");
  for (const char* name : {"/there", "/back"}) {
    CHECK(Listing(at + name) == Listing(at + "/sparse"));
    CHECK(holds(at + name) < 1'000'000);
  }
  CHECK(holds(at + "/hole-there") == 0);
  CHECK(Run("cd " + at +
            " && dd if=back bs=1 skip=2500000000 count=6 status=none | grep -q middle && "
            "test \"$(tail -c 1 back)\" = e") == 0);
  WriteFile(at + "/big", Noise(3'000'000, 9));
  muster::TransferOptions bound;
  bound.max_bytes = 1'000'000;
  const Transfer cut = nodes.cluster().get(1, {at + "/big"}, at + "/cut", bound);
  CHECK(cut.wait().describe() == "failed: what comes is more than max_bytes, 1000000");
  CHECK(Run("test -e " + at + "/cut") == 1);
  bound = {};
  bound.max_files = 2;
  CHECK_THAT(nodes.cluster().get(1, {at + "/*"}, at + "/few", bound).wait().reason,
             Contains("is more than max_files, 2"));
}
