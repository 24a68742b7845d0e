// Peers that hold connections, that are not to connect, and that ask for too much.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <set>
#include <sstream>

#include "tests/integration/daemon_log.h"
#include "tests/integration/measuring.h"
#include "tests/integration/node_fixture.h"
#include "tests/integration/raw_http2.h"

using Catch::Contains;
using muster::test::AnonymousKiB;
using muster::test::DaemonLog;
using muster::test::DescendantsOf;
using muster::test::DescriptorsOf;
using muster::test::Eventually;
using muster::test::NodeFixture;
using muster::test::ReadFile;
using muster::test::Rounds;
using muster::test::Slack;
using muster::test::http2::Connection;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace http2 = muster::test::http2;
using Clock = std::chrono::steady_clock;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryMeansSomething = false;
#else
constexpr bool kMemoryMeansSomething = true;
#endif

milliseconds Since(Clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

milliseconds Slackened(int ms) { return milliseconds(static_cast<int>(ms * Slack())); }

// For the connections of this process and, as it inherits them, of the daemon.
void RaiseDescriptors() {
  const rlimit high{20'000, 20'000};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &high) == 0);
}

// Fills one connection after the other to the cap and one over it.
void CheckCap(const std::string& flag, const std::string& key) {
  DaemonLog log;
  NodeFixture node({flag, "5"});
  log.Restore();
  std::vector<std::unique_ptr<Connection>> open;
  for (int i = 0; i < 5; ++i) {
    open.push_back(std::make_unique<Connection>(node.path()));
    REQUIRE(open.back()->Send(http2::Greeting() + http2::Call(1)));
    REQUIRE(open.back()->WaitFor("grpc-status", Slackened(5000)));
  }
  const auto begin = Clock::now();
  for (int i = 0; i < 300; ++i) {
    Connection over(node.path());
    CHECK(over.WaitForEnd(Slackened(1000)));
    CHECK(over.received().empty());
  }
  const auto took = Since(begin);
  // One line a second, and one that sums up.
  CHECK(Eventually([&] { return log.Count(key) >= 2; }));
  CHECK(log.Count(key) <= static_cast<int>(took.count() / 1000) + 3);
  CHECK_THAT(log.Text(), Contains("process " + std::to_string(::getpid())));
  open.pop_back();
  CHECK(http2::IsServed(node.path(), Slackened(1000)));
  CHECK(open.front()->Send(http2::Call(3)));
}

std::string Zeros(std::size_t mebibytes) {
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string zeros(1 << 20, '\0');
  std::string packed;
  std::string room(1 << 16, '\0');
  for (std::size_t i = 0; i <= mebibytes; ++i) {
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = i < mebibytes ? static_cast<uInt>(zeros.size()) : 0;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      ::deflate(&stream, i < mebibytes ? Z_NO_FLUSH : Z_FINISH);
      packed.append(room, 0, room.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  ::deflateEnd(&stream);
  return packed;
}

// All of it on stream 1, and its end, as the daemon's windows allow. False when it gave up.
bool SendData(Connection& connection, const std::string& bytes) {
  constexpr std::int64_t kPiece = 16 << 10;
  const auto size = static_cast<std::int64_t>(bytes.size());
  const auto end = Clock::now() + seconds(20);
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t piece = std::min({kPiece, size - at, connection.Window(1, at, at)});
    if (piece <= 0) {
      if (Clock::now() > end || connection.WaitForEnd(milliseconds(5))) return false;
      continue;
    }
    const std::uint8_t flags = at + piece == size ? http2::kEndStream : 0;
    if (!connection.Send(http2::Frame(
            http2::kData, flags, 1,
            bytes.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(piece))))) {
      return false;
    }
    at += piece;
  }
  return true;
}

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

TEST_CASE("Over the cap of all connections one is closed at once, and logged once a second") {
  CheckCap("--max-connections", "max_connections");
}

TEST_CASE("Over the cap of a user's connections one is closed at once, and logged once a second") {
  CheckCap("--max-connections-per-user", "max_connections_per_user");
}

TEST_CASE("Who opens and closes connections quickly never meets the cap") {
  NodeFixture node({"--max-connections-per-user", "4"});
  for (int i = 0; i < 300; ++i) {
    Connection connection(node.path());
    REQUIRE(connection.Send(http2::Greeting() + http2::Call(1)));
    REQUIRE(connection.WaitFor("grpc-status", Slackened(5000)));
  }
}

TEST_CASE("A thousand silent connections and slow ones are closed after 5 s, others are served") {
  RaiseDescriptors();
  NodeFixture node({"--max-connections", "2000", "--max-connections-per-user", "2000"});
  REQUIRE(node.Run(node.Shell("echo ours")).out == "ours\n");
  const int before = DescriptorsOf(node.pid());
  struct Held {
    std::unique_ptr<Connection> connection;
    Clock::time_point since;
    bool is_slow = false;  // a byte of the preface every second
    milliseconds ended{-1};
  };
  std::vector<Held> held;
  for (int i = 0; i < 1100; ++i) {
    held.push_back({std::make_unique<Connection>(node.path()), Clock::now(), i >= 1000, {}});
    held.back().ended = milliseconds(-1);
    REQUIRE(held.back().connection->IsOpen());
  }
  milliseconds longest{0};
  std::size_t left = held.size();
  std::size_t slow_bytes = 0;
  const auto begin = Clock::now();
  while (left > 0 && Since(begin) < Slackened(8000)) {
    const auto got = node.Run(node.Shell("echo ours"));
    REQUIRE(got.out == "ours\n");
    longest = std::max(longest, got.took);
    const auto wanted = static_cast<std::size_t>(Since(begin).count() / 1000) + 1;
    for (; slow_bytes < std::min(wanted, http2::kPreface.size()); ++slow_bytes) {
      for (Held& each : held) {
        if (each.is_slow && each.ended.count() < 0) {
          each.connection->Send(http2::kPreface.substr(slow_bytes, 1));
        }
      }
    }
    for (Held& each : held) {
      if (each.ended.count() >= 0 || each.connection->Drain()) continue;
      each.ended = Since(each.since);
      --left;
    }
  }
  milliseconds first{1'000'000};
  milliseconds last{0};
  for (const Held& each : held) {
    REQUIRE(each.ended.count() >= 0);
    first = std::min(first, each.ended);
    last = std::max(last, each.ended);
  }
  std::cout << held.size() << " closed after " << first.count() << " to " << last.count()
            << " ms; the longest call of another client took " << longest.count() << " ms"
            << std::endl;
  CHECK(first >= milliseconds(4500));
  CHECK(last <= Slackened(6000));
  CHECK(longest <= Slackened(1000));
  CHECK(Eventually([&] { return DescriptorsOf(node.pid()) <= before; }));
}

TEST_CASE("200 connections at 64 descriptors, then none: served again within a second") {
  NodeFixture node;
  const rlimit low{64, 64};
  REQUIRE(::prlimit(node.pid(), RLIMIT_NOFILE, &low, nullptr) == 0);
  milliseconds longest{0};
  for (int round = 0; round < Rounds(100); ++round) {
    std::vector<std::unique_ptr<Connection>> flood;
    for (int i = 0; i < 200; ++i) flood.push_back(std::make_unique<Connection>(node.path()));
    const auto begin = Clock::now();
    flood.clear();
    Eventually([&] { return http2::IsServed(node.path(), Slackened(1000)); });
    longest = std::max(longest, Since(begin));
  }
  std::cout << "served again after at most " << longest.count() << " ms" << std::endl;
  CHECK(longest < Slackened(1000));
  CHECK(node.Run(node.Shell("echo alive")).out == "alive\n");
}

TEST_CASE("128 streams are open on a connection, and the next one ends it") {
  NodeFixture node;
  const auto interact = [](std::uint32_t number) {
    return http2::Frame(http2::kHeaders, http2::kEndHeaders, 1 + 2 * number,
                        http2::Encode(http2::CallHeaders("/muster.v1.Node/Interact")));
  };
  Connection connection(node.path());
  REQUIRE(connection.Greet());
  for (std::uint32_t i = 0; i < 128; ++i) REQUIRE(connection.Send(interact(i)));
  const std::string ping = http2::Frame(http2::kPing, 0, 0, "12345678");
  REQUIRE(connection.Send(ping));
  CHECK(connection.WaitFor("12345678", Slackened(5000)));
  // No honest client does that: it knows the daemon's SETTINGS.
  REQUIRE(connection.Send(interact(128)));
  CHECK(connection.WaitForEnd(Slackened(5000)));
  CHECK(node.Run(node.Shell("echo ours")).out == "ours\n");
}

TEST_CASE("A compressed message is refused unread, whatever it would unpack to") {
  NodeFixture node;
  REQUIRE(node.Run(node.Shell("echo ours")).out == "ours\n");
  const std::string bomb = Zeros(1024);
  const long before = AnonymousKiB(node.pid());
  for (const bool is_named : {true, false}) {
    INFO(is_named);
    Connection connection(node.path());
    http2::Headers headers = http2::CallHeaders("/muster.v1.Node/Execute");
    if (is_named) headers.emplace_back("grpc-encoding", "gzip");
    REQUIRE(connection.Greet());
    REQUIRE(connection.Send(
        http2::Frame(http2::kHeaders, http2::kEndHeaders, 1, http2::Encode(headers))));
    SendData(connection, http2::Message(bomb, true));
    CHECK(connection.WaitFor("grpc-status", Slackened(5000)));
    CHECK(connection.received().find(std::string("grpc-status\x01") + "0") == std::string::npos);
  }
  CHECK(node.Run(node.Shell("echo ours")).out == "ours\n");
  const long grown = AnonymousKiB(node.pid()) - before;
  std::cout << bomb.size() << " bytes that unpack to 1 GiB: +" << grown << " KiB" << std::endl;
  if (kMemoryMeansSomething) CHECK(grown < 16 << 10);
}

TEST_CASE("A message over 4 MiB is refused") {
  NodeFixture node;
  REQUIRE(node.Run(node.Shell("echo ours")).out == "ours\n");
  Connection connection(node.path());
  REQUIRE(connection.Greet());
  REQUIRE(
      connection.Send(http2::Frame(http2::kHeaders, http2::kEndHeaders, 1,
                                   http2::Encode(http2::CallHeaders("/muster.v1.Node/Execute")))));
  CHECK(SendData(connection, http2::Message(std::string((4 << 20) + 1, 'x'))));
  // RESOURCE_EXHAUSTED
  CHECK(connection.WaitFor(std::string("grpc-status\x01") + "8", Slackened(5000)));
  CHECK(node.Run(node.Shell("echo ours")).out == "ours\n");
}

TEST_CASE("Metadata over 8 KiB is refused, also before gRPC keeps its own limit") {
  NodeFixture node;
  const auto call = [](std::size_t bytes) {
    std::string headers = http2::Encode(http2::CallHeaders());
    for (std::size_t left = bytes; left > 0; left -= std::min<std::size_t>(left, 4000)) {
      headers += http2::Encode({{"x-value", std::string(std::min<std::size_t>(left, 4000), 'x')}});
    }
    std::string frames;
    for (std::size_t at = 0; at < headers.size(); at += 16'000) {
      const bool is_last = at + 16'000 >= headers.size();
      frames += http2::Frame(at == 0 ? http2::kHeaders : http2::kContinuation,
                             is_last ? http2::kEndHeaders : 0, 1, headers.substr(at, 16'000));
    }
    return frames + http2::Frame(http2::kData, http2::kEndStream, 1, http2::Message(""));
  };
  // Without an acknowledgement of the daemon's SETTINGS.
  Connection small(node.path());
  REQUIRE(small.Send(http2::Greeting() + call(4'000)));
  CHECK(
      small.WaitFor("grpc-status\x01"
                    "0",
                    milliseconds(5000)));
  Connection large(node.path());
  REQUIRE(large.Send(http2::Greeting() + call(300'000)));
  CHECK(
      large.WaitFor("grpc-status\x01"
                    "8",
                    milliseconds(5000)));
  CHECK(http2::IsServed(node.path(), Slackened(5000)));
}

TEST_CASE("What a peer sends cannot write lines of its own into the log, nor flood it") {
  DaemonLog log;
  NodeFixture node;
  log.Restore();
  http2::Headers headers = http2::CallHeaders();
  headers.emplace_back("te", "x\n2030-01-01 forged \x1b[31m");
  const std::string call =
      http2::Frame(http2::kHeaders, http2::kEndHeaders, 1, http2::Encode(headers));
  const auto begin = Clock::now();
  for (int i = 0; i < 300; ++i) {
    Connection connection(node.path());
    REQUIRE(connection.Greet());
    connection.Send(call);
    connection.WaitFor("grpc-status", milliseconds(10));
  }
  const auto seconds_taken = static_cast<int>(Since(begin).count() / 1000);
  REQUIRE(http2::IsServed(node.path(), Slackened(5000)));
  CHECK(log.Count("forged") >= 1);  // escaped
  CHECK(log.Count("\n2030") == 0);
  CHECK(log.Count("\x1b") == 0);
  CHECK(log.Count("\n") <= seconds_taken + 2);
}

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
