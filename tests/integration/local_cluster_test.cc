// An embedded cluster leaves nothing behind, however the program that started it ends.
#include <ClusterAPI.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "common/child_process.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::ClusterAPI;
using muster::test::Eventually;
using muster::test::ProcessesWith;
using muster::test::UniqueSeconds;

namespace {

std::string FolderOf(const std::string& address) {
  return std::filesystem::path(address.substr(std::string("unix:").size())).parent_path();
}

struct Program {
  muster::ChildProcess process;
  std::string folder;  // of its daemons
};

Program Run(const std::string& how, const std::string& seconds) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const muster::UniqueFd read(ends[0]);
  muster::UniqueFd write(ends[1]);
  muster::ChildProcess::Options options;
  options.argv = {CLIENT_PROGRAM, how, seconds};
  options.fds = {{write.get(), 1}, {2, 2}};
  auto started = muster::ChildProcess::Start(options);
  REQUIRE(started.ok());
  write.Reset();
  std::string line;
  char c = 0;
  while (::read(read.get(), &c, 1) == 1 && c != '\n') line += c;
  INFO(how << ": " << line);
  REQUIRE(line.find("unix:") == 0);
  return {*std::move(started), FolderOf(line)};
}

void CheckNothingIsLeft(const std::string& seconds, const std::string& folder) {
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
  CHECK(Eventually([&] { return ProcessesWith("yes " + seconds).empty(); }));
  CHECK(Eventually([&] { return ProcessesWith(folder).empty(); }));
  CHECK(Eventually([&] { return !std::filesystem::exists(folder); }));
}

}  // namespace

TEST_CASE("the folder of the sockets is closed to others, and gone with the cluster") {
  std::string folder;
  {
    const auto cluster = ClusterAPI::local(2);
    REQUIRE(cluster.ok());
    folder = FolderOf(cluster->nodes().front().address);
    CHECK(std::filesystem::status(folder).permissions() == std::filesystem::perms::owner_all);
    CHECK(ProcessesWith(folder).size() >= 2);
  }
  CHECK_FALSE(std::filesystem::exists(folder));
  CHECK(ProcessesWith(folder).empty());
}

TEST_CASE("a number of nodes out of range is refused") {
  for (const int nodes : {0, -1, 513}) {
    CHECK_THAT(ClusterAPI::local(nodes).status().message(), Contains("1 to 512"));
  }
  CHECK_THAT(ClusterAPI::local(1, -1).status().message(), Contains("workers"));
}

TEST_CASE("a clusterd that is not there, or does not start, is told in its words") {
  const std::string before = ::getenv("MUSTER_BIN_DIR");
  ::setenv("MUSTER_BIN_DIR", "/nowhere", 1);
  CHECK_THAT(ClusterAPI::local(1).status().message(), Contains("no clusterd at /nowhere/clusterd"));
  char folder[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string fake = std::string(folder) + "/clusterd";
  const auto start_with = [&](const std::string& script) {
    {
      muster::UniqueFd file(::open(fake.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755));
      REQUIRE(::write(file.get(), script.data(), script.size()) > 0);
    }
    ::setenv("MUSTER_BIN_DIR", folder, 1);
    return ClusterAPI::local(2).status().message();
  };
  CHECK_THAT(start_with("#!/bin/sh\necho what is wrong >&2\nexit 9\n"),
             Contains("clusterd n1 of the embedded cluster exited with code 9 at its start: "
                      "what is wrong"));
  CHECK_THAT(start_with("#!/bin/sh\necho hello\n"), Contains("said something else"));
  ::setenv("MUSTER_BIN_DIR", before.c_str(), 1);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a program may end in any way while calls run, and nothing is left of its cluster") {
  for (const char* how : {"return", "exit", "static", "thread", "quick"}) {
    INFO(how);
    const std::string seconds = UniqueSeconds();
    Program program = Run(how, seconds);
    const auto status =
        program.process.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(30));
    REQUIRE(status.has_value());
    CHECK(*status == 0);
    CheckNothingIsLeft(seconds, program.folder);
  }
}

TEST_CASE("a program that is killed leaves nothing of its cluster either") {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT}) {
    const std::string seconds = UniqueSeconds();
    Program program = Run("wait", seconds);
    program.process.Kill(signal);
    program.process.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(30));
    CheckNothingIsLeft(seconds, program.folder);
  }
}

TEST_CASE("a fork that ends does not end its parent's cluster") {
  auto cluster = ClusterAPI::local(1);
  REQUIRE(cluster.ok());
  const pid_t child = ::fork();
  if (child == 0) {
    bool refused = false;
    {
      ClusterAPI taken = *std::move(cluster);
      refused = taken.execute(1, "1").wait().kind == muster::Outcome::Kind::kRefused &&
                !taken.clustercheck();
    }
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(cluster->clustercheck());
  CHECK(cluster->execute(1, "1+1").wait().value().text() == "2");
}
