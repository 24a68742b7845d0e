// Calls that take input: what they read, their terminals, and what writing means when they end.
#include <ClusterAPI.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::Terminal;

namespace {

ClusterAPI Local(int workers = 0) {
  auto cluster = ClusterAPI::local(1, workers);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

// Reads on until the output so far holds `text`.
bool ReadUntil(Call& call, const std::string& text, std::string& out) {
  while (out.find(text) == std::string::npos) {
    const auto event = call.next();
    if (!event) return false;
    out += event->data;
  }
  return true;
}

}  // namespace

TEST_CASE("what is written is read, and the end of the input ends the command") {
  ClusterAPI cluster = Local();
  Call cat = cluster.interact(1, muster::argv({"cat"}));
  CHECK(cat.write("hello "));
  CHECK(cat.write(""));
  CHECK(cat.write("world"));
  cat.close_input();
  CHECK_FALSE(cat.write("late"));
  std::string out;
  for (const muster::Event& event : cat) out += event.data;
  CHECK(out == "hello world");
  CHECK(cat.wait().ok());
  CHECK(cat.wait().usage.input_bytes == 11);
  CHECK_FALSE(cat.write("later"));
}

TEST_CASE("many megabytes go in and come back while both ends wait for each other") {
  ClusterAPI cluster = Local();
  Call cat = cluster.interact(1, muster::argv({"cat"}));
  std::string bytes(16 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  std::thread writer([&] {
    cat.write(bytes);
    cat.close_input();
  });
  std::string out;
  for (const muster::Event& event : cat) out += event.data;
  writer.join();
  CHECK((out == bytes));
}

TEST_CASE("a write that nobody reads ends with the call") {
  ClusterAPI cluster = Local();
  Call lazy = cluster.interact(1, muster::shell("exec sleep 1000"));
  // What it says depends on who is faster: a command that is gone takes everything.
  std::thread writer([&] { lazy.write(std::string(8 << 20, 'x')); });
  CHECK(lazy.wait_for(std::chrono::milliseconds(300)) == nullptr);
  lazy.cancel();
  CHECK(lazy.wait().kind == Outcome::Kind::kCancelled);
  writer.join();
  CHECK_FALSE(lazy.write("more"));
}

TEST_CASE("a call that was never sent takes nothing, and says why") {
  ClusterAPI cluster = Local();
  Call nowhere = cluster.interact(7, muster::argv({"cat"}));
  CHECK_FALSE(nowhere.write("x"));
  CHECK(nowhere.wait().kind == Outcome::Kind::kRefused);
  Call plain = cluster.execute(1, muster::argv({"cat"}));
  CHECK_FALSE(plain.write("x"));
  plain.close_input();
  plain.resize(1, 1);
  plain.send_signal(SIGKILL);
  CHECK(plain.wait().ok());
  Terminal strange;
  strange.type = std::string("a\0b", 3);
  CHECK(cluster.interact(1, "1", {}, strange).wait().kind == Outcome::Kind::kRefused);
}

TEST_CASE("a terminal has its size and type, takes keys, signals and new sizes") {
  ClusterAPI cluster = Local();
  Terminal terminal;
  terminal.rows = 30;
  terminal.columns = 101;
  terminal.type = "vt100";
  const std::string seconds = muster::test::UniqueSeconds();
  Call call = cluster.interact(1,
                               muster::shell("n=" + seconds +
                                             "; stty size; echo $TERM; read x; stty size; "
                                             "trap 'echo int' INT; echo up; sleep $n; cat"),
                               {}, terminal);
  std::string out;
  REQUIRE(ReadUntil(call, "vt100", out));
  CHECK_THAT(out, Contains("30 101\r\n"));
  call.resize(10, 20);
  call.write("go\n");
  REQUIRE(ReadUntil(call, "up\r\n", out));
  CHECK_THAT(out, Contains("10 20\r\n"));
  // Not while it forks: a signal between fork and exec is lost on every shell.
  CHECK(muster::test::Eventually(
      [&] { return muster::test::ProcessesWith("sleep " + seconds).size() == 1; }));
  call.send_signal(SIGINT);
  REQUIRE(ReadUntil(call, "int\r\n", out));
  call.write("twice\n");
  REQUIRE(ReadUntil(call, "twice\r\ntwice\r\n", out));
  call.close_input();
  CHECK(call.wait().ok());
}

TEST_CASE("Python asks and is answered, and several may wait for their turn") {
  ClusterAPI cluster = Local(1);
  Call first = cluster.interact(1, "input()");
  Call second = cluster.interact(1, "input()");
  second.write("two\n");
  first.write("one\n");
  CHECK(first.wait().value().text() == "'one'");
  CHECK(second.wait().value().text() == "'two'");
}

TEST_CASE("calls of one session share a shell, with input and without") {
  ClusterAPI cluster = Local();
  muster::ExecuteOptions options;
  options.session = "s";
  CHECK(cluster.execute(1, muster::shell("cd /usr; x=1"), options).wait().ok());
  Call call = cluster.interact(1, muster::shell("pwd; read y; echo $x$y"), options);
  call.write("2\n");  // the command may have ended before the word that it was taken
  std::string out;
  for (const muster::Event& event : call) out += event.data;
  CHECK(out == "/usr\n12\n");
  const Outcome refused = cluster.execute(1, "1", options).wait();
  CHECK(refused.kind == Outcome::Kind::kRefused);
}
