// Who is not to connect, and where nobody can.
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "tests/integration/daemon_log.h"
#include "tests/integration/measuring.h"
#include "tests/integration/node_fixture.h"
#include "tests/integration/raw_http2.h"

using muster::test::DaemonLog;
using muster::test::DescendantsOf;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ReadFile;
using muster::test::Slack;
using muster::test::http2::Connection;
using std::chrono::milliseconds;
namespace http2 = muster::test::http2;

namespace {

milliseconds Slackened(int ms) { return milliseconds(static_cast<int>(ms * Slack())); }

// The inodes of the sockets that a process holds.
std::set<std::string> SocketsOf(pid_t pid) {
  std::set<std::string> inodes;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  DIR* fds = ::opendir(folder.c_str());
  if (fds == nullptr) return inodes;
  while (const dirent* entry = ::readdir(fds)) {
    char target[64] = {};
    [[maybe_unused]] const ssize_t size =
        ::readlink((folder + "/" + entry->d_name).c_str(), target, sizeof(target) - 1);
    const std::string text = target;
    if (text.rfind("socket:[", 0) == 0) inodes.insert(text.substr(8, text.size() - 9));
  }
  ::closedir(fds);
  return inodes;
}

}  // namespace

TEST_CASE("Another user gets nothing: not through the folder, and not through an open socket") {
  if (::geteuid() != 0) return;  // only root can become somebody else
  DaemonLog log;
  NodeFixture node;
  log.Restore();
  constexpr int kTries = 20;
  // Exit codes: 0 closed at once each time, 1 served, 2 not closed within 100 ms, 3 no connection.
  const auto try_as_other = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) {
        ::_exit(10);
      }
      for (int i = 0; i < kTries; ++i) {
        Connection connection(node.path());
        if (!connection.IsOpen()) ::_exit(3);
        connection.Send(http2::Greeting() + http2::Call(1));
        const bool is_closed = connection.WaitForEnd(Slackened(100));
        if (!connection.received().empty()) ::_exit(1);
        if (!is_closed) ::_exit(2);
      }
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  };
  CHECK(try_as_other() == 3);
  CHECK(log.Count("uid 65534") == 0);
  REQUIRE(::chmod(node.folder().c_str(), 0711) == 0);
  CHECK(try_as_other() == 3);  // the socket's own mode
  REQUIRE(::chmod(node.path().c_str(), 0666) == 0);
  CHECK(try_as_other() == 0);
  CHECK(Eventually([&] { return log.Count("uid 65534") == kTries; }));
  CHECK(log.Count("uid 65534") == kTries);
}

TEST_CASE("No process of ours listens on TCP, UDP or an abstract socket") {
  NodeFixture node;
  REQUIRE(node.Run(node.Python("print('warm')")).out == "warm\n");
  std::set<std::string> ours = SocketsOf(node.pid());
  REQUIRE_FALSE(ours.empty());
  for (const auto& process : DescendantsOf(node.pid())) ours.merge(SocketsOf(process.pid));
  const auto inode_of = [](const std::string& line, int column) {
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i <= column; ++i) words >> word;
    return word;
  };
  for (const char* name : {"tcp", "tcp6", "udp", "udp6", "raw", "raw6"}) {
    std::istringstream lines(ReadFile(std::string("/proc/net/") + name));
    for (std::string line; std::getline(lines, line);) {
      INFO(name << ": " << line);
      CHECK(ours.count(inode_of(line, 9)) == 0);
    }
  }
  std::istringstream lines(ReadFile("/proc/net/unix"));
  int seen = 0;
  for (std::string line; std::getline(lines, line);) {
    if (ours.count(inode_of(line, 6)) == 0) continue;
    ++seen;
    INFO(line);
    CHECK(line.find(" @") == std::string::npos);
  }
  CHECK(seen > 0);
}
