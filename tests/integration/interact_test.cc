// Standard input, terminals, window sizes and signals of one execution.
#include <signal.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "common/limits.h"
#include "tests/integration/interaction.h"

using Catch::Contains;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::Interaction;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

std::string RandomBytes(std::size_t size) {
  std::mt19937_64 random(size);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("cat gives back its standard input, whatever its size") {
  NodeFixture node;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, muster::kMaxInputBytes - 1, muster::kMaxInputBytes,
        muster::kMaxInputBytes + 1, std::size_t{8} << 20}) {
    const std::string bytes = RandomBytes(size);
    Interaction cat(node, node.Argv({"cat"}));
    cat.Listen();
    CHECK(cat.Write(bytes));
    CHECK(cat.EndInput());
    const Collected got = cat.Finish();
    INFO(size << " " << got.outcome.ShortDebugString() << got.status.error_message());
    CHECK(got.started);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
    CHECK(got.out.size() == size);
    CHECK((got.out == bytes));
    CHECK(got.outcome.usage().input_bytes() == size);
  }
}

TEST_CASE("Python reads its standard input too, and gives a value") {
  NodeFixture node;
  Interaction python(node, node.Python("import sys\nsys.stdin.read().upper()"));
  CHECK(python.Write("hello\n"));
  CHECK(python.EndInput());
  const Collected got = python.Finish();
  CHECK(got.value == "'HELLO\\n'");
}

TEST_CASE("Input that came while Python waited for a worker is not lost") {
  NodeFixture node({"--workers", "1"});
  Interaction first(node, node.Python("input()"));
  Interaction second(node, node.Python("input()"));
  CHECK(second.Write("two\n"));
  CHECK(first.Write("one\n"));
  CHECK(first.Finish().value == "'one'");
  CHECK(second.Finish().value == "'two'");
}

TEST_CASE("A program that does not read its input holds up its client and nobody else") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  Interaction lazy(node, node.Shell("echo up; sleep " + seconds));
  REQUIRE(lazy.Sees("up"));
  std::thread writer([&] { lazy.Write(std::string(4 << 20, 'x')); });
  for (int i = 0; i < 20; ++i) {
    Interaction cat(node, node.Argv({"cat"}));
    CHECK(cat.Write("hello"));
    CHECK(cat.EndInput());
    CHECK(cat.Finish().out == "hello");
  }
  lazy.Break();
  writer.join();
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
}

TEST_CASE("A client that reads nothing holds up its own execution and nobody else") {
  NodeFixture node;
  Interaction slow(node, node.Argv({"cat"}));
  const std::string bytes = RandomBytes(4 << 20);
  std::thread writer([&] {
    slow.Write(bytes);
    slow.EndInput();
  });
  for (int i = 0; i < 20; ++i) CHECK(node.Run(node.Shell("echo hi")).out == "hi\n");
  const Collected got = slow.Finish();
  writer.join();
  CHECK((got.out == bytes));
}

TEST_CASE("A program that closes its input goes on, and so does its client") {
  NodeFixture node;
  Interaction head(node, node.Shell("head -c 3; exec <&-; echo; echo done; sleep 0.3"));
  CHECK(head.Write("abc"));
  CHECK(head.Sees("done"));
  for (int i = 0; i < 4; ++i) head.Write(std::string(64 << 10, 'x'));
  const Collected got = head.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.out == "abc\ndone\n");
}

TEST_CASE("A signal without a terminal goes to the group of the main process") {
  NodeFixture node;
  Interaction sleeper(node, node.Shell("trap 'echo got; exit 7' USR1; echo up; "
                                       "while :; do sleep 0.05; done"));
  REQUIRE(sleeper.Sees("up"));
  CHECK(sleeper.Signal(SIGUSR1));
  const Collected got = sleeper.Finish();
  CHECK_THAT(got.out, Contains("got"));
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exit_code() == 7);

  Interaction victim(node, node.Shell("echo up; exec sleep 1000"));
  REQUIRE(victim.Sees("up"));
  CHECK(victim.Signal(SIGTERM));
  CHECK(victim.Finish().outcome.signal() == SIGTERM);
}

TEST_CASE("A terminal is one: its size, its type, its controlling process and its end of file") {
  NodeFixture node;
  v1::ExecuteRequest request = node.Shell(
      "tty; stty size; echo $TERM; cat; stty size; ps -o tty= "
      "-p $$; echo error >&2");
  Interaction terminal(node, request, 30, 100);
  REQUIRE(terminal.Sees("dumb"));
  CHECK_THAT(terminal.Out(), Contains("/dev/pts/") && Contains("30 100\r\n"));
  CHECK(terminal.Resize(7, 9));
  CHECK(terminal.Write("hello\n"));
  CHECK(terminal.Sees("hello\r\nhello\r\n"));
  CHECK(terminal.EndInput());
  const Collected got = terminal.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK_THAT(got.out, Contains("7 9\r\npts/") && Contains("error\r\n"));
  CHECK(got.err.empty());
}

TEST_CASE("The end of input ends a terminal's reader in the middle of a line as well") {
  NodeFixture node;
  Interaction terminal(node, node.Argv({"cat"}), 24, 80);
  CHECK(terminal.Write("abc"));
  CHECK(terminal.Sees("abc"));
  CHECK(terminal.EndInput());
  CHECK(terminal.Finish().outcome.kind() == v1::Outcome::KIND_OK);
}

TEST_CASE("Ctrl-C interrupts what is in the foreground, as a byte and as a signal") {
  NodeFixture node;
  for (const bool as_byte : {true, false}) {
    const std::string seconds = UniqueSeconds();
    Interaction terminal(
        node, node.Shell("trap 'echo shell' INT; n=" + seconds + "; echo up; sleep $n; echo after"),
        24, 80);
    REQUIRE(terminal.Sees("up"));
    // Not while it forks: a signal between fork and exec is lost on every shell.
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() == 1; }));
    CHECK((as_byte ? terminal.Write("\x03") : terminal.Signal(SIGINT)));
    const Collected got = terminal.Finish();
    INFO(as_byte << got.out);
    CHECK_THAT(got.out, Contains("shell\r\n") && Contains("after\r\n"));
    CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  }
}

TEST_CASE("Python in a terminal asks and is answered") {
  NodeFixture node;
  Interaction python(node, node.Python("import sys\n(input('name? '), sys.stdout.isatty())"), 24,
                     80);
  REQUIRE(python.Sees("name? "));
  CHECK(python.Write("Ada\n"));
  CHECK(python.Finish().value == "('Ada', True)");
}

TEST_CASE("A client that goes in the middle leaves no process") {
  NodeFixture node;
  for (const unsigned rows : {0u, 24u}) {
    const std::string seconds = UniqueSeconds();
    Interaction broken(node, node.Shell("echo up; setsid sleep " + seconds + " & sleep " + seconds),
                       rows, 80);
    REQUIRE(broken.Sees("up"));
    broken.Break();
    CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); },
                     std::chrono::seconds(8)));
  }
}

TEST_CASE("Half an input is no whole one: without its end the program waits, and is stopped") {
  NodeFixture node;
  const std::string path = node.folder() + "/done";
  {
    Interaction broken(node, node.Shell("cat > /dev/null; echo whole > " + path));
    CHECK(broken.Write("half"));
    CHECK(Eventually([&] { return !ProcessesWith("echo whole > " + path).empty(); }));
  }
  CHECK(Eventually([&] { return ProcessesWith("echo whole > " + path).empty(); },
                   std::chrono::seconds(8)));
  CHECK(muster::test::ReadFile(path).empty());
}

TEST_CASE("Cancel and the deadline end an interaction as they end an execution") {
  NodeFixture node;
  const v1::ExecuteRequest request = node.Argv({"cat"});
  Interaction cancelled(node, request, 24, 80);
  CHECK(cancelled.Write("up\n"));
  REQUIRE(cancelled.Sees("up"));
  CHECK(node.Cancel(request).ok());
  CHECK(cancelled.Finish().outcome.kind() == v1::Outcome::KIND_CANCELLED);
  v1::ExecuteRequest timed = node.Argv({"cat"});
  timed.set_deadline_ms(200);
  CHECK(Interaction(node, timed).Finish().outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
}

TEST_CASE("What breaks the contract of Interact is an invalid argument") {
  NodeFixture node;
  const auto code = [&](const v1::InteractRequest& message) {
    Interaction cat(node, node.Argv({"cat"}));
    cat.Say(message);
    return cat.Finish().status.error_code();
  };
  v1::InteractRequest second;
  *second.mutable_start() = node.Argv({"true"});
  CHECK(code(second) == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(code({}) == grpc::StatusCode::INVALID_ARGUMENT);
  v1::InteractRequest signal;
  signal.set_signal(99);
  CHECK(code(signal) == grpc::StatusCode::INVALID_ARGUMENT);
  v1::InteractRequest window;
  window.mutable_window_size()->set_rows(70000);
  CHECK(code(window) == grpc::StatusCode::INVALID_ARGUMENT);
  v1::InteractRequest large;
  large.set_input(std::string(muster::kMaxInputBytes + 1, 'x'));
  CHECK(code(large) == grpc::StatusCode::INVALID_ARGUMENT);

  grpc::ClientContext context;
  auto stream = node.stub().Interact(&context);
  v1::InteractRequest input;
  input.set_input("x");
  stream->Write(input);
  CHECK(stream->Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  grpc::ClientContext silent;
  auto empty = node.stub().Interact(&silent);
  empty->WritesDone();
  CHECK(empty->Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  // What was stopped for it is gone.
  CHECK(Eventually([&] {
    grpc::ClientContext describe;
    v1::DescribeResponse response;
    return node.stub().Describe(&describe, {}, &response).ok() && response.running_size() == 0;
  }));
}

TEST_CASE("What cannot start is an outcome") {
  NodeFixture node;
  const Collected got = Interaction(node, node.Argv({"no-such-program"}), 24, 80).Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_START_FAILED);
  CHECK(Interaction(node, node.Shell("")).Finish().outcome.kind() == v1::Outcome::KIND_REFUSED);
}
