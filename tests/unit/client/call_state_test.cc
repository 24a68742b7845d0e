#include "client/call_state.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using muster::Call;
using muster::Event;
using muster::Outcome;

namespace {

class FakeControl : public muster::CallControl {
 public:
  void ReadOn() override { ++reads; }
  void Cancel(std::optional<std::chrono::milliseconds>) override { ++cancels; }
  void Abandon() override { ++abandons; }
  std::atomic<int> reads{0};
  std::atomic<int> cancels{0};
  std::atomic<int> abandons{0};
};

struct Running {
  std::shared_ptr<Call::State> state = std::make_shared<Call::State>("n1");
  std::shared_ptr<FakeControl> control = std::make_shared<FakeControl>();
  Running() { state->SetControl(control); }
  bool Add(std::size_t bytes) {
    return state->AddOutput({Event::Stream::kStdout, std::string(bytes, 'x')});
  }
  void End(Outcome::Kind kind = Outcome::Kind::kOk) {
    Outcome outcome;
    outcome.kind = kind;
    state->Finish(std::move(outcome));
  }
};

constexpr std::size_t kMiB = 1u << 20;

}  // namespace

TEST_CASE("events come in order, then none") {
  Running running;
  Call call(running.state);
  CHECK(running.Add(1));
  CHECK(running.Add(2));
  running.End();
  std::vector<std::size_t> sizes;
  for (const Event& event : call) sizes.push_back(event.data.size());
  CHECK(sizes == std::vector<std::size_t>{1, 2});
  CHECK_FALSE(call.next().has_value());
}

TEST_CASE("the first outcome counts") {
  Running running;
  Call call(running.state);
  running.End(Outcome::Kind::kTimedOut);
  running.End(Outcome::Kind::kOk);
  CHECK(call.wait().kind == Outcome::Kind::kTimedOut);
}

TEST_CASE("above 1 MiB nobody reads on until half of it was taken out") {
  Running running;
  Call call(running.state);
  constexpr std::size_t kPiece = kMiB / 16 - sizeof(Event);  // an event counts with its overhead
  for (int i = 0; i < 16; ++i) CHECK(running.Add(kPiece));
  CHECK_FALSE(running.Add(kPiece));
  for (int i = 0; i < 8; ++i) call.next();
  CHECK(running.control->reads == 0);
  call.next();
  CHECK(running.control->reads == 1);
  call.next();
  CHECK(running.control->reads == 1);
}

TEST_CASE("wait throws output away, and lets a full call go on") {
  Running running;
  Call call(running.state);
  CHECK_FALSE(running.Add(kMiB + 1));
  std::thread ending([&] {
    while (running.control->reads == 0) std::this_thread::yield();
    running.Add(kMiB + 1);
    running.End();
  });
  CHECK(call.wait().ok());
  ending.join();
  CHECK_FALSE(call.next().has_value());
}

TEST_CASE("wait takes nothing from a reader in another thread") {
  Running running;
  Call call(running.state);
  std::size_t bytes = 0;
  std::atomic<bool> reads{false};
  running.Add(1);
  std::thread reader([&] {
    for (const Event& event : call) {
      reads = true;
      bytes += event.data.size();
    }
  });
  while (!reads) std::this_thread::yield();
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) running.Add(10);
    running.End();
  });
  CHECK(call.wait().ok());
  reader.join();
  writer.join();
  CHECK(bytes == 1001);
}

TEST_CASE("wait_for and next_for come back when the time has passed, and keep the output") {
  Running running;
  Call call(running.state);
  running.Add(3);
  CHECK(call.wait_for(std::chrono::milliseconds(1)) == nullptr);
  std::optional<Event> event;
  CHECK(call.next_for(std::chrono::milliseconds(1), &event));
  CHECK(event->data.size() == 3);
  CHECK_FALSE(call.next_for(std::chrono::milliseconds(1), &event));
  running.End();
  CHECK(call.wait_for(std::chrono::milliseconds::max()) != nullptr);
  CHECK(call.next_for(std::chrono::milliseconds(0), &event));
  CHECK_FALSE(event.has_value());
}

TEST_CASE("the end of the last handle, and only that, abandons the call") {
  Running running;
  {
    Call first(running.state);
    { const Call second = first; }
    CHECK(running.control->abandons == 0);
    running.Add(kMiB + 1);
  }
  CHECK(running.control->abandons == 1);
  CHECK(running.control->reads == 1);  // so that the stream finds its end
}

TEST_CASE("a detached call is not abandoned, and its output waits for nobody") {
  Running running;
  {
    Call call(running.state);
    call.detach();
    CHECK_FALSE(running.Add(kMiB + 1));
  }
  CHECK(running.control->abandons == 0);
  CHECK(running.control->reads == 1);
  CHECK(running.Add(2 * kMiB));
}

TEST_CASE("after its end a call lets go of what ran it") {
  Running running;
  Call call(running.state);
  running.End();
  CHECK(running.control.use_count() == 1);
  call.cancel();
  CHECK(running.control->cancels == 0);
}
