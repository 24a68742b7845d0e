// Output arrives exactly, at any size, in any encoding, whoever reads it and how.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/integration/watching.h"

using muster::Call;
using muster::ClusterAPI;
using muster::Event;

namespace {

ClusterAPI& Cluster() {
  static auto* const kCluster = [] {
    auto cluster = ClusterAPI::local(1);
    INFO(cluster.status().message());
    REQUIRE(cluster.ok());
    return new std::optional<ClusterAPI>(*std::move(cluster));
  }();
  return **kCluster;
}

struct Texts {
  std::string out;
  std::string err;
};

Texts ReadAll(Call& call) {
  Texts texts;
  for (const Event& event : call) {
    (event.stream == Event::Stream::kStdout ? texts.out : texts.err) += event.data;
  }
  return texts;
}

}  // namespace

TEST_CASE("stdout and stderr arrive apart and exact") {
  Call call = Cluster().execute(1, muster::shell("printf 'a\\0b'; printf 'c\\377' >&2"));
  const Texts texts = ReadAll(call);
  CHECK(texts.out == std::string("a\0b", 3));
  CHECK(texts.err == "c\xff");
  CHECK(call.wait().usage.stdout_bytes == 3);
  CHECK(call.wait().usage.stderr_bytes == 2);
}

TEST_CASE("unicode, NUL and lone surrogates survive in values and output") {
  Call call = Cluster().execute(1, muster::python("print('h\xc3\xa9\\0\xf0\x9f\x98\x80'); "
                                                  "'\\ud800\xe2\x82\xac\\0'",
                                                  muster::Command::Form::kStr));
  CHECK(ReadAll(call).out == std::string("h\xc3\xa9\0\xf0\x9f\x98\x80\n", 9));
  CHECK(call.wait().value().text() == std::string("\xed\xa0\x80\xe2\x82\xac\0", 7));
}

TEST_CASE("fifty megabytes arrive byte by byte, however the reader dawdles") {
  Call call = Cluster().execute(1, muster::shell("seq 1 7000000; echo end >&2"));
  std::size_t bytes = 0;
  std::size_t number = 0;
  std::size_t next = 1;
  bool in_order = true;
  int events = 0;
  for (const Event& event : call) {
    if (event.stream == Event::Stream::kStderr) continue;
    if (++events % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    bytes += event.data.size();
    for (const char c : event.data) {
      if (c == '\n') {
        in_order = in_order && number == next++;
        number = 0;
      } else {
        number = number * 10 + static_cast<std::size_t>(c - '0');
      }
    }
  }
  CHECK(in_order);
  CHECK(next == 7000001);
  CHECK(call.wait().ok());
  CHECK(call.wait().usage.stdout_bytes == bytes);
}

TEST_CASE("a large value arrives whole") {
  Call call = Cluster().execute(1, "'x' * 20_000_000");
  const std::string& text = call.wait().value().text();
  CHECK(text.size() == 20'000'002);
  CHECK(text == "'" + std::string(20'000'000, 'x') + "'");
}

TEST_CASE("output that nobody reads does not keep wait from ending") {
  CHECK(Cluster().execute(1, muster::shell("seq 1 2000000")).wait().ok());
}

TEST_CASE("wait_for leaves the output to be read") {
  Call call = Cluster().execute(1, muster::shell("seq 1 1000000"));
  call.wait_for(std::chrono::milliseconds(300));
  const Texts texts = ReadAll(call);
  CHECK(texts.out.size() == 6888896);
  CHECK(texts.out.substr(texts.out.size() - 8) == "1000000\n");
}

TEST_CASE("output comes as it is written, not at the end") {
  Call call = Cluster().execute(1, muster::shell("echo first; sleep 20"));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(call.next()->data == "first\n");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  call.cancel(std::chrono::milliseconds(100));
  call.wait();
}

TEST_CASE("copies of a handle share one stream") {
  Call call = Cluster().execute(1, muster::shell("seq 1 200000"));
  Call copy = call;
  std::size_t first = 0;
  std::size_t second = 0;
  std::thread other([&] {
    for (const Event& event : copy) second += event.data.size();
  });
  for (const Event& event : call) first += event.data.size();
  other.join();
  CHECK(first + second == 1288895);
  CHECK(&call.wait() == &copy.wait());
}

TEST_CASE("a watcher is called when there is something to read, and at the end") {
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    ++calls;
    changed.notify_all();
  };
  const auto wait_for = [&](int wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return calls >= wanted; });
  };
  Call call = Cluster().execute(
      1, muster::shell("echo one; sleep 0.5; echo two; sleep 0.5; echo three; sleep 0.5"));
  call.watch(count);
  std::optional<Event> event;
  std::string text;
  for (int seen = 1; text != "one\ntwo\nthree\n"; ++seen) {
    REQUIRE(wait_for(seen));
    while (call.next_for(std::chrono::milliseconds(0), &event) && event) text += event->data;
  }
  REQUIRE(wait_for(4));
  while (!call.done()) std::this_thread::yield();
  CHECK(call.next_for(std::chrono::milliseconds(0), &event));
  CHECK_FALSE(event.has_value());

  // Of a call that has ended already it is told at once; of one that nobody watches any longer
  // never.
  const int before = calls;
  call.watch(count);
  CHECK(wait_for(before + 1));
  Call other = Cluster().execute(1, muster::shell("echo late"));
  other.watch(count);
  other.watch(nullptr);
  other.wait();
}
