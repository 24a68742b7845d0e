// Shell sessions: what stays between commands, what cannot break them, and how they end.
#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "tests/integration/interaction.h"

using Catch::Contains;
using muster::test::ChildrenWith;
using muster::test::Collected;
using muster::test::Eventually;
using muster::test::Interaction;
using muster::test::NodeFixture;
using muster::test::ProcessesWith;
using muster::test::Slack;
using muster::test::UniqueSeconds;
namespace v1 = muster::v1;

namespace {

v1::ExecuteRequest In(NodeFixture& node, const std::string& source,
                      const std::string& session = "s") {
  v1::ExecuteRequest request = node.Shell(source);
  request.set_session(session);
  return request;
}

Collected Run(NodeFixture& node, const std::string& source, const std::string& session = "s") {
  return node.Run(In(node, source, session));
}

std::string Names(NodeFixture& node) {
  grpc::ClientContext context;
  v1::ListSessionsResponse response;
  CHECK(node.stub().ListSessions(&context, {}, &response).ok());
  std::string names;
  for (const v1::Session& session : response.sessions()) names += session.name() + " ";
  return names;
}

grpc::StatusCode Open(NodeFixture& node, const std::string& name, unsigned rows = 0) {
  grpc::ClientContext context;
  v1::OpenSessionRequest request;
  request.set_name(name);
  if (rows > 0) request.mutable_terminal()->mutable_size()->set_rows(rows);
  v1::OpenSessionResponse response;
  return node.stub().OpenSession(&context, request, &response).error_code();
}

grpc::StatusCode Close(NodeFixture& node, const std::string& name) {
  grpc::ClientContext context;
  v1::CloseSessionRequest request;
  request.set_name(name);
  v1::CloseSessionResponse response;
  return node.stub().CloseSession(&context, request, &response).error_code();
}

}  // namespace

TEST_CASE("Directory, variables, functions and background jobs stay in a session") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  Collected got = Run(node, "cd /usr/share; export X=1; Y='a  b'; f() { echo \"f $1\"; }\nsleep " +
                                seconds + " & echo out; echo err >&2");
  CHECK(got.started);
  CHECK(got.outcomes == 1);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(got.out == "out\n");
  CHECK(got.err == "err\n");
  CHECK(got.outcome.usage().stdout_bytes() == 4);
  got = Run(node, "pwd; sh -c 'echo $X'; echo \"$Y\"; f 2; echo $MUSTER_NODE; exec 3>&1; (exit 4)");
  CHECK(got.out == "/usr/share\n1\na  b\nf 2\nn1\n");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exit_code() == 4);
  CHECK(got.outcome.reason().empty());
  CHECK(ProcessesWith("sleep " + seconds).size() == 1);
  CHECK(Run(node, "pwd", "other").out != "/usr/share\n");
  CHECK(Names(node) == "other s ");
  CHECK(Close(node, "s") == grpc::StatusCode::OK);
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
  CHECK(Names(node) == "other ");
  CHECK(Close(node, "s") == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("Nothing in a command's source confuses it with the next") {
  NodeFixture node;
  REQUIRE(Run(node, "kept=yes").outcome.kind() == v1::Outcome::KIND_OK);
  struct Case {
    const char* source;
    int code;
  };
  const Case cases[] = {
      {"if (; then", 2},
      {"echo 'unbalanced", 2},
      {"echo \"unbalanced", 2},
      {"cat <<END\nno end", 0},
      {"cat", 0},
      {"read line", 1},
      {"exec 0<&- 1>&- 2>&- 6<&- 7>&- 8>&- 9>&-", 0},
      {"exec >/dev/null 2>&1 </etc/passwd", 0},
      {"set -u; echo $not_there", 2},
      {"set +u; set -x; false", 1},
      {"set +x; set -v", 0},
      {"set +v; break; continue 3", 0},
      {"command() { echo mine; }; printf() { :; }; echo() { :; }; pwd() { :; }", 0},
      {"alias command=false printf=false eval=false unset=false echo=false", 0},
      {"unalias -a\nunset -f printf echo pwd; :", 0},
      {"trap 'exit 9' USR1; trap : EXIT; IFS=x; PATH_=$PATH; PATH=; :", 0},
      {"PATH=$PATH_; unset IFS; readonly r=1; r=2", 2},
      {"}", 2},
      {")", 2},
      {"true\\", 127},
      {"# nothing", 0},
      {"no-such-command", 127},
      {"printf 'm0 0\\n' >&9", 2},
      {"(exec sh -c 'exit 5')", 5},
      {"kill -INT $$; sleep 0.01; echo never", 130},
      {"while :; do kill -INT $$; done", 130},
      {"break", 0},
  };
  for (const Case& test : cases) {
    const Collected got = Run(node, test.source);
    INFO(test.source << " " << got.outcome.ShortDebugString() << got.out << got.err);
    CHECK(got.outcomes == 1);
    if (std::string(test.source) != "true\\") CHECK(got.outcome.exit_code() == test.code);
    CHECK(got.outcome.reason().empty());
    const Collected next = Run(node, "\\command echo \"still $kept\"");
    CHECK(next.out == "still yes\n");
  }
}

TEST_CASE("Long sources run in a session, and what it does not run is refused with a reason") {
  NodeFixture node;
  CHECK(Run(node, "x='" + std::string(200000, 'y') + "'; echo ${#x}").out == "200000\n");
  CHECK(Run(node, "#" + std::string(3000000, '\'') + "\necho big").out == "big\n");
  v1::ExecuteRequest python = node.Python("1");  // the name is a shell's
  python.set_session("s");
  v1::ExecuteRequest argv = node.Argv({"true"});
  argv.set_session("s");
  v1::ExecuteRequest directory = In(node, "true");
  directory.set_directory("/");
  for (const v1::ExecuteRequest& request :
       {python, argv, directory, In(node, std::string("a\0b", 3)), In(node, "true", "no name"),
        In(node, "true", "1")}) {
    const Collected got = node.Run(request);
    CHECK(got.outcome.kind() == v1::Outcome::KIND_REFUSED);
    CHECK_FALSE(got.outcome.reason().empty());
  }
}

TEST_CASE("exit ends the session, says so, and the next command begins a new one") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  REQUIRE(Run(node, "kept=yes; sleep " + seconds + " &").outcome.kind() == v1::Outcome::KIND_OK);
  Collected got = Run(node, "echo bye; exit 3");
  CHECK(got.out == "bye\n");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_FAILED);
  CHECK(got.outcome.exit_code() == 3);
  CHECK_THAT(got.outcome.reason(), Contains("session s ended"));
  CHECK(ProcessesWith("sleep " + seconds).empty());
  got = Run(node, "echo \"[$kept]\"");
  CHECK(got.out == "[]\n");
  CHECK(got.outcome.reason().empty());
  got = Run(node, "exec sh -c 'echo other; exit 7'");
  CHECK(got.out == "other\n");
  CHECK(got.outcome.exit_code() == 7);
  CHECK_THAT(got.outcome.reason(), Contains("ended"));
  got = Run(node, "set -e; false; echo no");
  CHECK(got.out.empty());
  CHECK(got.outcome.exit_code() == 1);
  CHECK_THAT(got.outcome.reason(), Contains("ended"));
  got = Run(node, "kill -KILL $$");
  CHECK(got.outcome.kind() == v1::Outcome::KIND_SIGNALLED);
  CHECK(got.outcome.signal() == SIGKILL);
  CHECK_THAT(got.outcome.reason(), Contains("ended"));
}

TEST_CASE("Commands of one session run one after the other, those of two at once") {
  NodeFixture node;
  std::vector<v1::ExecuteRequest> requests;
  for (int i = 0; i < 20; ++i) {
    requests.push_back(In(node, "n=$((n + 1)); echo a$n; sleep 0.01; echo b$n"));
  }
  std::vector<Collected> got(requests.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    threads.emplace_back([&, i] { got[i] = node.Run(requests[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  std::string all;
  for (const Collected& one : got) {
    CHECK(one.outcome.kind() == v1::Outcome::KIND_OK);
    REQUIRE(one.out.size() >= 6);
    CHECK(one.out.substr(1, one.out.find('\n')) == one.out.substr(one.out.find('b') + 1));
  }
  Interaction first(node, In(node, "read x; echo $x", "one"));
  Interaction second(node, In(node, "read x; echo $x", "two"));
  CHECK(second.Write("2\n"));
  CHECK(second.Finish().out == "2\n");
  CHECK(first.Write("1\n"));
  CHECK(first.Finish().out == "1\n");
}

TEST_CASE("A command of a session reads its own input and no other's") {
  NodeFixture node;
  const std::string bytes(1 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    Interaction cat(node, In(node, "cat"));
    cat.Listen();
    CHECK(cat.Write(bytes));
    CHECK(cat.EndInput());
    const Collected got = cat.Finish();
    CHECK((got.out == bytes));
    CHECK(got.outcome.usage().input_bytes() == bytes.size());
    Interaction bare(node, In(node, "ls /proc/self/fd; sh -c 'ls /proc/self/fd'"));
    CHECK(bare.Finish().out == "0\n1\n2\n3\n0\n1\n2\n3\n");  // 3: ls's own
    Interaction none(node, In(node, "cat"));
    CHECK(none.EndInput());
    CHECK(none.Finish().out.empty());
    Interaction unread(node, In(node, "echo hi"));
    unread.Write("echo not a command\n");
    CHECK(unread.Finish().out == "hi\n");
  }
}

TEST_CASE("All output of a command comes before its outcome, none of it with the next") {
  NodeFixture node;
  for (int i = 0; i < 10; ++i) {
    const Collected got = Run(node, "head -c 300000 /dev/zero; head -c 100000 /dev/zero >&2");
    CHECK(got.out.size() == 300000);
    CHECK(got.err.size() == 100000);
    CHECK(Run(node, "echo x").out == "x\n");
  }
}

TEST_CASE("Cancel and the deadline end a command and keep its session") {
  NodeFixture node;
  REQUIRE(Run(node, "kept=yes").outcome.kind() == v1::Outcome::KIND_OK);
  for (const char* source : {"echo up; sleep 1000; echo no", "echo up; while :; do :; done",
                             "echo up; f() { while :; do sleep 0.01; done; }; f",
                             "echo up; (trap '' INT; sleep 1000); echo no"}) {
    const v1::ExecuteRequest request = In(node, source);
    bool cancelled = false;
    const Collected got = node.Run(request, [&](const v1::ExecuteEvent& event) {
      if (!event.has_output() || cancelled) return;
      cancelled = true;
      CHECK(node.Cancel(request, 2000).ok());
    });
    INFO(source << got.outcome.ShortDebugString());
    CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
    CHECK(got.outcome.reason() == "by the caller");
    CHECK(Run(node, "echo $kept").out == "yes\n");
  }
  v1::ExecuteRequest timed = In(node, "sleep 1000");
  timed.set_deadline_ms(200);
  const Collected got = node.Run(timed);
  CHECK(got.outcome.kind() == v1::Outcome::KIND_TIMED_OUT);
  CHECK(got.took < std::chrono::milliseconds(1200) * Slack());
  CHECK(Run(node, "echo $kept").out == "yes\n");
}

TEST_CASE("A command that does not heed the stop takes its session with it") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  const v1::ExecuteRequest request = In(node, "trap '' INT TERM; echo up; setsid sleep " + seconds +
                                                  " & while :; do sleep " + seconds + "; done");
  v1::ExecuteRequest waiting = In(node, "echo no");
  Collected refused;
  std::thread waiter;
  bool cancelled = false;
  const Collected got = node.Run(request, [&](const v1::ExecuteEvent& event) {
    if (!event.has_output() || cancelled) return;
    cancelled = true;
    waiter = std::thread([&] { refused = node.Run(waiting); });
    CHECK(Eventually([&] {
      grpc::ClientContext context;
      v1::DescribeResponse response;
      node.stub().Describe(&context, {}, &response);
      return response.running_size() == 2;
    }));
    CHECK(node.Cancel(request, 300).ok());
  });
  waiter.join();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK_THAT(got.outcome.reason(), Contains("by the caller; session s ended"));
  CHECK(refused.outcome.kind() == v1::Outcome::KIND_REFUSED);
  CHECK_THAT(refused.outcome.reason(), Contains("nothing was started"));
  CHECK(ProcessesWith("sleep " + seconds).empty());
  CHECK(Run(node, "echo new").out == "new\n");
}

TEST_CASE("A command that waits can be cancelled, and is not run") {
  NodeFixture node;
  Interaction first(node, In(node, "echo up; read x; echo $ran"));
  REQUIRE(first.Sees("up"));
  const v1::ExecuteRequest waiting = In(node, "ran=yes");
  Interaction second(node, waiting);
  CHECK(Eventually([&] { return node.Cancel(waiting).ok(); }));
  CHECK(second.Finish().outcome.kind() == v1::Outcome::KIND_CANCELLED);
  CHECK(first.EndInput());
  CHECK(first.Finish().out == "up\n\n");
  CHECK(Run(node, "echo \"[$ran]\"").out == "[]\n");
}

TEST_CASE("A killed supervisor loses the session's command, and the next one begins anew") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  Interaction running(node, In(node, "echo up; sleep " + seconds));
  REQUIRE(running.Sees("up"));
  const auto supervisors = ChildrenWith(node.SpawnerPid(), "");
  for (const pid_t pid : supervisors) muster::test::Kill(pid, SIGKILL);
  const Collected got = running.Finish();
  CHECK(got.outcome.kind() == v1::Outcome::KIND_LOST);
  CHECK_THAT(got.outcome.reason(), Contains("supervisor"));
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
  CHECK(Run(node, "echo new").out == "new\n");
}

TEST_CASE("A client that goes stops its command and leaves the session") {
  NodeFixture node;
  const std::string seconds = UniqueSeconds();
  {
    Interaction running(node, In(node, "kept=yes; echo up; sleep " + seconds));
    REQUIRE(running.Sees("up"));
  }
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); },
                   std::chrono::seconds(8)));
  CHECK(Run(node, "echo $kept").out == "yes\n");
}

TEST_CASE("A session with a terminal keeps it, and Ctrl-C ends its command only") {
  NodeFixture node;
  CHECK(Open(node, "t", 33) == grpc::StatusCode::OK);
  CHECK(Open(node, "t", 33) == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(Open(node, "no name") == grpc::StatusCode::INVALID_ARGUMENT);
  Collected got =
      Run(node, "stty size </dev/tty; echo $TERM; tty >/dev/null; echo $?; kept=yes", "t");
  CHECK(got.out == "33 0\r\ndumb\r\n1\r\n");  // Execute has no input: the terminal is not its own
  const std::string seconds = UniqueSeconds();
  Interaction typed(
      node, In(node, "tty; read x; echo \"<$x>\"; sleep " + seconds + "; echo no", "t"), 20, 50);
  CHECK(typed.Sees("/dev/pts/"));
  CHECK(typed.Write("hello\n"));
  CHECK(typed.Sees("<hello>"));
  // Not while it forks: a signal between fork and exec is lost on every shell.
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).size() == 1; }));
  CHECK(typed.Write("\x1a"));  // Ctrl-Z stops nothing: nobody could continue it
  CHECK(typed.Write("\x03"));
  got = typed.Finish();
  CHECK(got.outcome.exit_code() == 130);
  CHECK_THAT(got.out, !Contains("no\r\n"));
  CHECK(Run(node, "echo $kept", "t").out == "yes\r\n");
  Interaction sized(node, In(node, "stty size", "t"), 21, 51);
  CHECK(sized.Finish().out == "21 51\r\n");
  CHECK(Run(node, "echo plain").outcome.kind() == v1::Outcome::KIND_OK);
  CHECK(Interaction(node, In(node, "tty"), 20, 50).Finish().outcome.kind() ==
        v1::Outcome::KIND_REFUSED);
}

TEST_CASE("Sessions end with their daemon") {
  const std::string seconds = UniqueSeconds();
  {
    NodeFixture node;
    Run(node, "sleep " + seconds + " &");
    Run(node, "setsid sleep " + seconds + " &", "two");
    Interaction running(node, In(node, "echo up; sleep " + seconds));
    REQUIRE(running.Sees("up"));
    node.daemon().Kill(SIGTERM);
    const Collected got = running.Finish();
    CHECK(got.outcome.kind() == v1::Outcome::KIND_CANCELLED);
    CHECK_THAT(got.outcome.reason(), Contains("shutting down"));
  }
  CHECK(Eventually([&] { return ProcessesWith("sleep " + seconds).empty(); }));
}
