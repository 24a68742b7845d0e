// The client's end of the fast lane, against nodes that say what a test wrote down.
#include "client/ClusterAPI.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <thread>

#include "common/child_process.h"
#include "tests/integration/lane_node.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::Call;
using muster::ClusterAPI;
using muster::Outcome;
using muster::test::LaneNode;
namespace v1 = muster::v1;

namespace {

using Message = v1::ExecuteManyRequest;
using Answer = v1::ExecuteManyEvent;

// Answers every request of each message with its source as the value, in one message.
grpc::Status Echo(const LaneNode& node, LaneNode::Stream* stream) {
  node.Open(stream);
  Message request;
  while (stream->Read(&request)) {
    Answer answer;
    for (const v1::ExecuteRequest& one : request.requests()) {
      LaneNode::Outcome(&answer, one.id().sequence(), one.python().source());
    }
    if (answer.events_size() > 0) stream->Write(answer);
  }
  return grpc::Status::OK;
}

// A node that is told to a script before it is there.
struct Scripted {
  using Script = std::function<grpc::Status(const LaneNode&, int, const Message&,
                                            grpc::ServerContext*, LaneNode::Stream*)>;
  explicit Scripted(Script script)
      : node([this, script = std::move(script)](int number, const Message& first,
                                                grpc::ServerContext* context,
                                                LaneNode::Stream* stream) {
          return script(node, number, first, context, stream);
        }) {}
  ClusterAPI& cluster() { return node.cluster(); }
  LaneNode node;
};

Scripted::Script JustEcho() {
  return [](const LaneNode& node, int, const Message&, grpc::ServerContext*,
            LaneNode::Stream* stream) { return Echo(node, stream); };
}

// Reads until `count` requests have come; their sequence numbers, in order.
std::vector<std::uint64_t> ReadRequests(LaneNode::Stream* stream, std::size_t count) {
  std::vector<std::uint64_t> sequences;
  Message message;
  while (sequences.size() < count && stream->Read(&message)) {
    for (const v1::ExecuteRequest& one : message.requests()) {
      sequences.push_back(one.id().sequence());
    }
  }
  return sequences;
}

void Drain(LaneNode::Stream* stream) {
  Message message;
  while (stream->Read(&message)) {
  }
}

std::string Text(Call& call) { return call.wait().value().text() + call.wait().reason; }

}  // namespace

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
    return place.node.lanes == 2;
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

TEST_CASE("who does not read his output waits alone, and gets all of it when he does") {
  constexpr std::size_t kPiece = 64u << 10;
  constexpr std::size_t kTotal = 8u << 20;
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t credit = 256u << 10;
  std::atomic<std::uint64_t> sent{0};
  std::thread writer;
  Scripted place([&](const LaneNode& node, int, const Message&, grpc::ServerContext*,
                     LaneNode::Stream* stream) {
    node.Open(stream);
    std::mutex writing;
    Message message;
    while (stream->Read(&message)) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        for (const v1::Credit& more : message.credits()) {
          if (more.sequence() == 1) credit += more.bytes();
        }
        changed.notify_all();
      }
      for (const v1::ExecuteRequest& one : message.requests()) {
        if (one.id().sequence() != 1) {
          Answer answer;
          LaneNode::Outcome(&answer, one.id().sequence(), "quick");
          const std::lock_guard<std::mutex> lock(writing);
          stream->Write(answer);
          continue;
        }
        writer = std::thread([&] {
          while (sent < kTotal) {
            {
              std::unique_lock<std::mutex> lock(mutex);
              if (!changed.wait_for(lock, std::chrono::seconds(30),
                                    [&] { return credit >= sent + kPiece; })) {
                return;
              }
            }
            Answer answer;
            LaneNode::Output(&answer, 1, std::string(kPiece, 'x'));
            sent += kPiece;
            if (sent == kTotal) LaneNode::Outcome(&answer, 1, "slow");
            const std::lock_guard<std::mutex> lock(writing);
            stream->Write(answer);
          }
        });
      }
    }
    if (writer.joinable()) writer.join();
    return grpc::Status::OK;
  });
  Call slow = place.cluster().execute(1, "x");
  REQUIRE(muster::test::Eventually([&] { return sent >= (1u << 20); }));
  for (int i = 0; i < 100; ++i) {
    CHECK(place.cluster().execute(1, "y").wait().value().text() == "quick");
  }
  CHECK(sent <= (1u << 20) + (512u << 10));
  std::size_t read = 0;
  while (const auto event = slow.next()) read += event->data.size();
  CHECK(read == kTotal);
  CHECK(slow.wait().value().text() == "slow");
}

TEST_CASE("a large value arrives whole, is acknowledged as it comes, and is held once") {
  constexpr std::size_t kPiece = 256u << 10;
  const std::size_t total = (muster::test::Rounds(20) >= 20 ? 1024u : 128u) << 20;
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> is_bounded{true};
  Scripted place([&](const LaneNode& node, int, const Message&, grpc::ServerContext*,
                     LaneNode::Stream* stream) {
    node.Open(stream);
    ReadRequests(stream, 1);
    std::thread reader([&] {
      Message message;
      while (stream->Read(&message)) {
        if (message.acknowledged() > 0) acknowledged = message.acknowledged();
      }
    });
    std::string piece(kPiece, 'x');
    Answer answer;
    std::uint64_t written = 0;
    for (std::size_t at = 0; at < total; at += kPiece, ++written) {
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (written - acknowledged >= 64 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
      if (written - acknowledged >= 64) is_bounded = false;
      piece[0] = static_cast<char>('a' + written % 26);
      answer.Clear();
      LaneNode::Value(&answer, 1, piece);
      stream->Write(answer);
    }
    answer.Clear();
    LaneNode::Outcome(&answer, 1, "!");
    stream->Write(answer);
    reader.join();
    return grpc::Status::OK;
  });
  const long before = muster::test::AnonymousKiB(::getpid());
  Call call = place.cluster().execute(1, "x");
  std::atomic<bool> is_done{false};
  std::atomic<long> peak{0};
  std::thread watcher([&] {
    while (!is_done) {
      peak = std::max(peak.load(), muster::test::AnonymousKiB(::getpid()));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  const std::string& value = call.wait().value().text();
  is_done = true;
  watcher.join();
  CHECK(is_bounded);
  REQUIRE(value.size() == total + 1);
  CHECK(value.back() == '!');
  bool is_right = true;
  for (std::size_t at = 0; at < total; at += kPiece) {
    is_right = is_right && value[at] == static_cast<char>('a' + at / kPiece % 26) &&
               value[at + kPiece - 1] == 'x';
  }
  CHECK(is_right);
  const double times = static_cast<double>(peak - before) * 1024 / static_cast<double>(total);
  std::printf("value of %zu MiB: peak %.2f times its size in the client\n", total >> 20, times);
  if (muster::test::kMemoryMeansSomething) CHECK(times < 1.4);
}

TEST_CASE("one hundred thousand in flight by turns, each with its own value") {
  muster::test::Folder folder;
  const std::string socket = folder.path() + "/n1.sock";
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const muster::UniqueFd ours(ends[0]);
  muster::UniqueFd theirs(ends[1]);
  muster::ChildProcess::Options options;
  options.argv = {ECHO_NODE, socket};
  options.fds = {{theirs.get(), 0}, {theirs.get(), 1}, {2, 2}};
  auto started = muster::ChildProcess::Start(options);
  REQUIRE(started.ok());
  theirs.Reset();
  char ready[6];
  REQUIRE(::recv(ours.get(), ready, sizeof ready, MSG_WAITALL) == sizeof ready);
  auto cluster = ClusterAPI::connect(
      "", folder.Write("cluster.conf", "[cluster trial]\nnodes = n1=unix:" + socket + "\n"));
  REQUIRE(cluster.ok());
  const int count = ::getenv("LANE_COUNT") ? std::atoi(::getenv("LANE_COUNT")) : 100000;
  CHECK(cluster->execute(1, "1+1").wait().ok());
  rusage usage_before{};
  ::getrusage(RUSAGE_SELF, &usage_before);
  const auto begin = std::chrono::steady_clock::now();
  std::deque<std::pair<int, Call>> calls;
  int wrong = 0;
  const auto take = [&] {
    if (calls.front().second.wait().value().text() != std::to_string(calls.front().first)) ++wrong;
    calls.pop_front();
  };
  for (int i = 0; i < count; ++i) {
    if (calls.size() == 256) take();
    calls.emplace_back(i, cluster->execute(1, std::to_string(i)));
  }
  while (!calls.empty()) take();
  const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - begin;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto cpu = [](const rusage& its) {
    return 1e6 * static_cast<double>(its.ru_utime.tv_sec + its.ru_stime.tv_sec) +
           static_cast<double>(its.ru_utime.tv_usec + its.ru_stime.tv_usec);
  };
  std::printf("pipelined, 256 in flight: %.2f us of CPU in the client each, %.2f us of wall\n",
              (cpu(usage) - cpu(usage_before)) / count, wall.count() / count);
  CHECK(wrong == 0);
  started->Kill(SIGKILL);
  started->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(5));
}
