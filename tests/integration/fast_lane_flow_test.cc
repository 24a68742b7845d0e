// What flows over the client's end of the fast lane: output with credit, large values, many calls.
#include "client/ClusterAPI.h"

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
#include <thread>

#include "common/child_process.h"
#include "tests/integration/measuring.h"
#include "tests/integration/scripted_node.h"
#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::test::Answer;
using muster::test::LaneNode;
using muster::test::Message;
using muster::test::ReadRequests;
using muster::test::Scripted;
namespace v1 = muster::v1;

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
