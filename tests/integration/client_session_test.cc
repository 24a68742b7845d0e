// Sessions as a program has them: Python whose namespace stays, and what is open where.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>

#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::NodeSessions;
using muster::Outcome;
using muster::SessionKind;
using muster::StatusCode;

namespace {

ClusterAPI Local(int nodes) {
  auto cluster = ClusterAPI::local(nodes);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

muster::ExecuteOptions In(const std::string& session) {
  muster::ExecuteOptions options;
  options.session = session;
  return options;
}

}  // namespace

TEST_CASE("Python of a session finds what was there before, on each node its own") {
  ClusterAPI cluster = Local(2);
  for (Call& call : cluster.execute({1, 2}, "import os\nx = os.environ['MUSTER_RANK']", In("s"))) {
    CHECK(call.wait().ok());
  }
  std::vector<Call> calls = cluster.execute({1, 2}, "x, os.environ['MUSTER_SIZE']", In("s"));
  CHECK(calls[0].wait().value().text() == "('0', '2')");
  CHECK(calls[1].wait().value().text() == "('1', '2')");
  // Also as data; and the fast lane's workers know nothing of it.
  CHECK(cluster.execute(1, muster::python("[x]", muster::Command::Form::kData), In("s"))
            .wait()
            .value()
            .is_data());
  CHECK(cluster.execute(1, "x").wait().exception->type == "NameError");
  Call call = cluster.execute(1, "import time\nprint('up', flush=True)\ntime.sleep(1000)", In("s"));
  CHECK(call.next()->data == "up\n");
  call.cancel();
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(cluster.execute(1, "x", In("s")).wait().value().text() == "'0'");
}

TEST_CASE("Sessions are opened, listed and closed on several nodes at once") {
  ClusterAPI cluster = Local(3);
  for (const NodeSessions& answer : cluster.open_session({1, 3}, "work", SessionKind::kPython)) {
    CHECK(answer.status.ok());
  }
  const auto again = cluster.open_session({1}, "work", SessionKind::kShell);
  CHECK(again[0].status.code() == StatusCode::kFailedPrecondition);
  CHECK(again[0].status.message() == "session work is open already on n1");
  CHECK(
      cluster.open_session({1}, "9", SessionKind::kShell)[0].status.message() ==
      "\"9\" is no name of a session; a name is a letter and up to 63 letters, digits, '_', '.' or "
      "'-'; nothing was sent");
  CHECK(cluster.execute(1, muster::shell("true"), In("sh")).wait().ok());
  std::vector<NodeSessions> answers = cluster.list_sessions({3, "n1", 2});
  REQUIRE(answers.size() == 3);
  CHECK(answers[0].node == "n3");
  REQUIRE(answers[0].sessions.size() == 1);
  CHECK(answers[0].sessions[0].name == "work");
  CHECK(answers[0].sessions[0].kind == SessionKind::kPython);
  CHECK_FALSE(answers[0].sessions[0].running);
  REQUIRE(answers[1].sessions.size() == 2);
  CHECK(answers[1].sessions[0].kind == SessionKind::kShell);
  CHECK(answers[1].sessions[0].age >= answers[1].sessions[0].idle);
  CHECK(answers[2].sessions.empty());
  answers = cluster.close_session({1, 2}, "work");
  CHECK(answers[0].status.ok());
  CHECK(answers[1].status.code() == StatusCode::kNotFound);
  CHECK(answers[1].status.message() == "no session work is open on n2");
  CHECK(cluster.list_sessions({1})[0].sessions.size() == 1);
}

TEST_CASE("What cannot be asked about sessions is said, and nothing is sent") {
  ClusterAPI cluster = Local(1);
  std::vector<NodeSessions> answers = cluster.open_session({1, 9}, "work", SessionKind::kPython);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].status.code() == StatusCode::kNotFound);
  CHECK_THAT(answers[1].status.message(), Contains("there is no server 9"));
  CHECK(cluster.list_sessions({1})[0].sessions.empty());
  CHECK(cluster.open_session({1}, "1 2", SessionKind::kPython)[0].status.code() ==
        StatusCode::kInvalidArgument);
  CHECK(cluster.close_session({1}, "")[0].status.code() == StatusCode::kInvalidArgument);
  CHECK(cluster.list_sessions({}).empty());
}
