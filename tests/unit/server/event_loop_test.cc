#include "server/execution/event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <vector>

using muster::server::EventLoop;

TEST_CASE("What is posted from many threads all runs, and Stop runs what was posted before") {
  EventLoop loop;
  loop.Start();
  std::atomic<int> count{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) loop.Post([&] { ++count; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  loop.Stop();
  CHECK(count == 4000);
}

TEST_CASE("Timers fire in order, and a cancelled one never") {
  EventLoop loop;
  loop.Start();
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  loop.Post([&] {
    loop.After(std::chrono::milliseconds(30), [&] {
      order.push_back(3);
      done.set_value(order);
    });
    loop.After(std::chrono::milliseconds(1), [&] { order.push_back(1); });
    const auto cancelled = loop.After(std::chrono::milliseconds(2), [&] { order.push_back(2); });
    loop.CancelTimer(cancelled);
    loop.CancelTimer(cancelled);
  });
  CHECK(done.get_future().get() == std::vector<int>{1, 3});
}

TEST_CASE("A handler may unwatch itself and another descriptor that is ready too") {
  EventLoop loop;
  int a[2];
  int b[2];
  REQUIRE(::pipe(a) == 0);
  REQUIRE(::pipe(b) == 0);
  REQUIRE(::write(a[1], "x", 1) == 1);
  REQUIRE(::write(b[1], "x", 1) == 1);
  std::atomic<int> calls{0};
  const auto handler = [&](std::uint32_t) {
    ++calls;
    loop.Unwatch(a[0]);
    loop.Unwatch(b[0]);
  };
  loop.Watch(a[0], EPOLLIN, handler);
  loop.Watch(b[0], EPOLLIN, handler);
  loop.Start();
  std::promise<void> later;
  loop.Post([&] { loop.After(std::chrono::milliseconds(20), [&] { later.set_value(); }); });
  later.get_future().get();
  loop.Stop();
  CHECK(calls == 1);
  for (const int fd : {a[0], a[1], b[0], b[1]}) ::close(fd);
}
