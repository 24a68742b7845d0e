// The client's end of the fast lane, against nodes that say what a test wrote down.
#include "client/ClusterAPI.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/integration/scripted_node.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::Answer;
using muster::test::Drain;
using muster::test::Echo;
using muster::test::JustEcho;
using muster::test::LaneNode;
using muster::test::Message;
using muster::test::ReadRequests;
using muster::test::Scripted;
using muster::test::Text;
namespace v1 = muster::v1;

TEST_CASE("short Python goes over one stream, the rest as before") {
  Scripted place(JustEcho());
  CHECK(place.cluster().execute(1, "1+1").wait().value().text() == "1+1");
  Call named = place.cluster().execute(1, "2");
  CHECK(named.wait().ok());
  CHECK(named.id().size() == 32 + 1 + 1);
  CHECK(named.id().substr(32) == "-2");
  muster::ExecuteOptions options;
  options.isolation = muster::Isolation::kFresh;
  CHECK(place.cluster().execute(1, "3", options).wait().value().text() == "by itself: 3");
  options = {};
  options.directory = "/";
  CHECK(place.cluster().execute(1, "4", options).wait().value().text() == "by itself: 4");
  options = {};
  options.limits.open_files = 10;
  CHECK(place.cluster().execute(1, "5", options).wait().value().text() == "by itself: 5");
  CHECK(place.cluster().execute(1, std::string(16385, '6')).wait().value().text().size() == 16396);
  CHECK(place.cluster().execute(1, std::string(16384, '7')).wait().value().text().size() == 16384);
  CHECK(place.cluster().interact(1, "8").wait().kind != Outcome::Kind::kOk);
  CHECK(place.node.lanes == 1);
  CHECK(place.node.executions == 4);
}

TEST_CASE("a request carries what was asked for, and nothing that the stream has said") {
  std::vector<Message> messages;
  Message opening;
  Scripted place([&](const LaneNode& node, int, const Message& first, grpc::ServerContext*,
                     LaneNode::Stream* stream) {
    opening = first;
    node.Open(stream);
    Message message;
    while (stream->Read(&message)) {
      messages.push_back(message);
      Answer answer;
      for (const auto& one : message.requests()) {
        LaneNode::Outcome(&answer, one.id().sequence(), "");
      }
      if (answer.events_size() > 0) stream->Write(answer);
    }
    return grpc::Status::OK;
  });
  muster::ExecuteOptions options;
  options.deadline = std::chrono::milliseconds(1500);
  options.grace = std::chrono::milliseconds(7);
  place.cluster()
      .execute(std::vector<muster::Target>{1, 1},
               muster::python("\xed\xa0\x80", muster::Command::Form::kStr), options)[1]
      .wait();
  place.cluster().execute(1, "x").wait();
  CHECK(opening.open().stream_id().size() == 16);
  CHECK(opening.open().incarnation() == "0123456789abcdef");
  CHECK(opening.open().node() == "n1");
  CHECK_FALSE(opening.open().again());
  CHECK(opening.requests_size() == 0);
  REQUIRE(!messages.empty());
  v1::ExecuteRequest expected;
  expected.mutable_id()->set_sequence(1);
  expected.mutable_python()->set_source("\xed\xa0\x80");
  expected.mutable_python()->set_form(v1::PythonSource::FORM_STR);
  expected.set_deadline_ms(1500);
  expected.set_grace_ms(7);
  expected.set_size(2);
  CHECK(messages.front().requests(0).SerializeAsString() == expected.SerializeAsString());
  expected.Clear();
  expected.mutable_id()->set_sequence(3);
  expected.mutable_python()->set_source("x");
  const Message& last = messages.back();
  REQUIRE(last.requests_size() == 1);
  CHECK(last.requests(0).SerializeAsString() == expected.SerializeAsString());
  CHECK(last.acknowledged() >= 1);
}

TEST_CASE("answers in any order find their calls, and nonsense finds none") {
  Scripted place([](const LaneNode& node, int, const Message&, grpc::ServerContext*,
                    LaneNode::Stream* stream) {
    node.Open(stream);
    std::vector<std::uint64_t> sequences = ReadRequests(stream, 200);
    std::shuffle(sequences.begin(), sequences.end(), std::mt19937(1));
    Answer answer;
    LaneNode::Outcome(&answer, 0, "zero");
    LaneNode::Outcome(&answer, ~0ull, "never asked");
    answer.add_events();
    stream->Write(answer);
    for (const std::uint64_t sequence : sequences) {
      answer.Clear();
      LaneNode::Value(&answer, sequence, "v");
      LaneNode::Outcome(&answer, sequence, std::to_string(sequence));
      LaneNode::Value(&answer, sequence, "after the end");
      LaneNode::Outcome(&answer, sequence, "twice");
      stream->Write(answer);
      stream->Write(answer);
    }
    Drain(stream);
    return grpc::Status::OK;
  });
  std::vector<Call> calls;
  for (int i = 0; i < 200; ++i) calls.push_back(place.cluster().execute(1, "x"));
  for (Call& call : calls) {
    const std::string text = Text(call);
    CHECK(text == "v" + call.id().substr(33));
  }
}

TEST_CASE("a node without a fast lane gets everything by Execute, asked once") {
  Scripted place([](const LaneNode&, int, const Message&, grpc::ServerContext*, LaneNode::Stream*) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  });
  std::vector<Call> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(place.cluster().execute(1, std::to_string(i)));
  for (int i = 0; i < 50; ++i) {
    CHECK(Text(calls[static_cast<std::size_t>(i)]) == "by itself: " + std::to_string(i));
  }
  CHECK(place.cluster().execute(1, "x").wait().ok());
  CHECK(place.node.lanes == 1);
  CHECK(place.node.executions == 51);
}

TEST_CASE("a node that refuses the stream refuses its calls") {
  Scripted place([](const LaneNode&, int, const Message&, grpc::ServerContext*, LaneNode::Stream*) {
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "you may not");
  });
  Call call = place.cluster().execute(1, "x");
  CHECK(call.wait().kind == Outcome::Kind::kRefused);
  CHECK_THAT(call.wait().reason, Contains("you may not"));
}

TEST_CASE("a broken stream is taken up again, and nothing is started twice") {
  std::vector<std::uint64_t> first_life;
  std::vector<std::uint64_t> second_life;
  Message again;
  std::string stream_id;
  Scripted place([&](const LaneNode& node, int number, const Message& first,
                     grpc::ServerContext* context, LaneNode::Stream* stream) {
    if (number == 1) {
      stream_id = first.open().stream_id();
      node.Open(stream);
      first_life = ReadRequests(stream, 100);
      Answer answer;
      for (std::uint64_t i = 1; i <= 10; ++i) {
        answer.Clear();
        LaneNode::Outcome(&answer, i, std::to_string(i));
        stream->Write(answer);
      }
      context->TryCancel();
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
    }
    again = first;
    // 60 of 100 have arrived; messages from where the client is.
    node.Open(stream, 60);
    second_life = ReadRequests(stream, 40);
    for (std::uint64_t i = first.acknowledged() + 1; i <= 100; ++i) {
      Answer answer;
      LaneNode::Outcome(&answer, i, std::to_string(i));
      stream->Write(answer);
    }
    Drain(stream);
    return grpc::Status::OK;
  });
  std::vector<Call> calls;
  for (int i = 0; i < 100; ++i) calls.push_back(place.cluster().execute(1, "x"));
  for (std::size_t i = 0; i < 100; ++i) CHECK(Text(calls[i]) == std::to_string(i + 1));
  CHECK(again.open().again());
  CHECK(again.open().stream_id() == stream_id);
  CHECK(again.acknowledged() <= 10);
  REQUIRE(first_life.size() == 100);
  REQUIRE(second_life.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) CHECK(second_life[i] == 61 + i);
  CHECK(place.node.lanes == 2);
}

TEST_CASE("a stream that the node has given up loses its calls, and the next goes on") {
  Scripted place([](const LaneNode& node, int number, const Message& first,
                    grpc::ServerContext* context, LaneNode::Stream* stream) {
    if (number == 1) {
      node.Open(stream);
      ReadRequests(stream, 1);
      context->TryCancel();
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
    }
    if (first.open().again()) {
      return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "not here any more");
    }
    return Echo(node, stream);
  });
  Call lost = place.cluster().execute(1, "x");
  CHECK(lost.wait().kind == Outcome::Kind::kLost);
  CHECK_THAT(lost.wait().reason, Contains("not known"));
  CHECK(place.cluster().execute(1, "y").wait().value().text() == "y");
}

TEST_CASE("a node that was restarted loses what ran, runs nothing twice, and serves on") {
  std::atomic<int> requests{0};
  Scripted place([&](const LaneNode& node, int number, const Message&, grpc::ServerContext*,
                     LaneNode::Stream* stream) {
    if (number > 1) return Echo(node, stream);
    node.Open(stream);
    ReadRequests(stream, 1);
    ++requests;
    Drain(stream);
    return grpc::Status::OK;
  });
  Call lost = place.cluster().execute(1, "x");
  REQUIRE(muster::test::Eventually([&] { return requests == 1; }));
  place.node.Restart("fedcba9876543210");
  CHECK(lost.wait().kind == Outcome::Kind::kLost);
  CHECK_THAT(lost.wait().reason, Contains("node restarted"));
  CHECK(place.cluster().execute(1, "y").wait().value().text() == "y");
}

TEST_CASE("what was sent to a node that is gone is lost, what was not is unreachable") {
  std::atomic<int> requests{0};
  Scripted place([&](const LaneNode& node, int, const Message&, grpc::ServerContext*,
                     LaneNode::Stream* stream) {
    node.Open(stream);
    requests += static_cast<int>(ReadRequests(stream, 1024).size());
    Drain(stream);
    return grpc::Status::OK;
  });
  std::vector<Call> calls;
  for (int i = 0; i < 1100; ++i) calls.push_back(place.cluster().execute(1, "x"));
  REQUIRE(muster::test::Eventually([&] { return requests == 1024; }));
  const auto begin = std::chrono::steady_clock::now();
  place.node.Stop();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto expected = i < 1024 ? Outcome::Kind::kLost : Outcome::Kind::kUnreachable;
    if (calls[i].wait().kind != expected) FAIL(i << ": " << calls[i].wait().describe());
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(6) * muster::test::Slack());
  CHECK(place.cluster().execute(1, "x").wait().kind == Outcome::Kind::kUnreachable);
}

TEST_CASE("a daemon that begins to end gets no further calls, and none is lost") {
  Scripted place(JustEcho());
  CHECK(place.cluster().execute(1, "x").wait().ok());
  place.node.Drain();
  // It is heard of a moment later; until then calls go the old way.
  CHECK(muster::test::Eventually([&] {
    CHECK(place.cluster().execute(1, "y").wait().ok());
    return place.node.lanes >= 2;
  }));
}

TEST_CASE("a contract that was broken ends the stream, and is not repeated") {
  Scripted place([](const LaneNode& node, int number, const Message&, grpc::ServerContext*,
                    LaneNode::Stream* stream) {
    if (number > 1) return Echo(node, stream);
    node.Open(stream);
    ReadRequests(stream, 1);
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "a gap");
  });
  Call lost = place.cluster().execute(1, "x");
  CHECK(lost.wait().kind == Outcome::Kind::kLost);
  CHECK_THAT(lost.wait().reason, Contains("a gap"));
  CHECK(place.cluster().execute(1, "y").wait().value().text() == "y");
  CHECK(place.node.lanes == 2);
}

TEST_CASE("a cancel is not lost while the node does not know the request yet") {
  Scripted place([](const LaneNode& node, int, const Message&, grpc::ServerContext*,
                    LaneNode::Stream* stream) {
    node.Open(stream);
    ReadRequests(stream, 2);
    while (node.cancels().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    Answer answer;
    LaneNode::Outcome(&answer, node.cancels().front().id().sequence(), "",
                      v1::Outcome::KIND_CANCELLED);
    stream->Write(answer);
    Drain(stream);
    return grpc::Status::OK;
  });
  place.node.unknown_cancels = 3;
  Call stays = place.cluster().execute(1, "x");
  Call call = place.cluster().execute(1, "x");
  REQUIRE(muster::test::Eventually([&] { return !call.id().empty(); }));
  call.cancel(std::chrono::milliseconds(1234));
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK_FALSE(stays.done());
  const v1::CancelRequest cancel = place.node.cancels().front();
  CHECK(cancel.grace_ms() == 1234);
  CHECK(cancel.id().sequence() == 2);
  CHECK(cancel.id().stream_id().size() == 16);
}

TEST_CASE("a call that was cancelled before it was sent leaves no gap") {
  std::vector<std::uint64_t> sequences;
  std::atomic<bool> all_are_there{false};
  Scripted place([&](const LaneNode& node, int, const Message&, grpc::ServerContext*,
                     LaneNode::Stream* stream) {
    node.Open(stream);
    Answer answer;
    for (const std::uint64_t sequence : ReadRequests(stream, 1024)) {
      LaneNode::Outcome(&answer, sequence, "");
    }
    muster::test::Eventually([&] { return all_are_there.load(); });
    stream->Write(answer);
    sequences = ReadRequests(stream, 50);
    answer.Clear();
    for (const std::uint64_t sequence : sequences) LaneNode::Outcome(&answer, sequence, "");
    stream->Write(answer);
    Drain(stream);
    return grpc::Status::OK;
  });
  std::vector<Call> calls;
  for (int i = 0; i < 1124; ++i) {
    calls.push_back(place.cluster().execute(1, "x"));
    if (i >= 1024 && i % 2 == 1) calls.back().cancel();
  }
  all_are_there = true;
  int cancelled = 0;
  for (Call& call : calls) cancelled += call.wait().kind == Outcome::Kind::kCancelled ? 1 : 0;
  CHECK(cancelled == 50);
  for (std::size_t i = 0; i < sequences.size(); ++i) CHECK(sequences[i] == 1025 + i);
}
