#include "server/spawner/shared_ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>
#include <thread>

using namespace muster::server;  // NOLINT: a test of this namespace

namespace {

// As WorkerChannel makes it: one memory, mapped twice in a row.
class Ring {
 public:
  static constexpr std::size_t kCapacity = 4096;

  Ring() {
    const int memory = ::memfd_create("ring", MFD_CLOEXEC);
    REQUIRE(::ftruncate(memory, kCapacity) == 0);
    void* place = ::mmap(nullptr, 2 * kCapacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(place != MAP_FAILED);
    bytes_ = static_cast<char*>(place);
    for (char* half : {bytes_, bytes_ + kCapacity}) {
      REQUIRE(::mmap(half, kCapacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) !=
              MAP_FAILED);
    }
    ::close(memory);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { ::munmap(bytes_, 2 * kCapacity); }

  RingProducer MakeProducer() { return {&control_, bytes_, kCapacity}; }
  RingConsumer MakeConsumer() { return {&control_, bytes_, kCapacity}; }
  RingControl& control() { return control_; }
  char* bytes() { return bytes_; }

 private:
  RingControl control_{};
  char* bytes_ = nullptr;
};

bool Put(RingProducer& producer, const std::string& text) {
  char* place = producer.Reserve(text.size());
  if (place == nullptr) return false;
  std::memcpy(place, text.data(), text.size());
  producer.Publish();
  return true;
}

// What goes through, from `seed` alone.
std::string RecordOf(int number) {
  std::minstd_rand random(static_cast<unsigned>(number) + 1);
  return std::string(random() % 700, static_cast<char>('a' + number % 26)) + std::to_string(number);
}

}  // namespace

TEST_CASE("Records come out of a ring in their order, whole, also over its end") {
  Ring ring;
  RingProducer producer = ring.MakeProducer();
  RingConsumer consumer = ring.MakeConsumer();
  CHECK_FALSE(consumer.Peek());
  int put = 0;
  for (int taken = 0; taken < 2000; ++taken) {
    while (Put(producer, RecordOf(put))) ++put;
    const auto record = consumer.Peek();
    REQUIRE(record);
    CHECK(record->bytes == RecordOf(taken));
    CHECK(record->mark->load() == 0);
    consumer.Pop();
  }
  CHECK_FALSE(producer.IsBroken());
  CHECK_FALSE(consumer.IsBroken());
}

TEST_CASE("A ring is full when there is no room, and takes what fits exactly") {
  Ring ring;
  RingProducer producer = ring.MakeProducer();
  RingConsumer consumer = ring.MakeConsumer();
  CHECK(producer.Reserve(Ring::kCapacity) == nullptr);
  CHECK(Put(producer, std::string(Ring::kCapacity - 8, 'x')));
  CHECK_FALSE(Put(producer, ""));
  CHECK(producer.WaitForRoom(0));
  REQUIRE(consumer.Peek());
  CHECK(consumer.Pop());  // somebody waits
  CHECK_FALSE(producer.WaitForRoom(0));
  CHECK(Put(producer, ""));
  REQUIRE(consumer.Peek());
  CHECK_FALSE(consumer.Pop());
}

TEST_CASE("A mark has one winner") {
  Ring ring;
  RingProducer producer = ring.MakeProducer();
  RingConsumer consumer = ring.MakeConsumer();
  REQUIRE(producer.Reserve(3) != nullptr);
  std::atomic<std::uint32_t>* mark = producer.Publish();
  std::uint32_t expected = 0;
  CHECK(consumer.Peek()->mark->compare_exchange_strong(expected, 1));
  expected = 0;
  CHECK_FALSE(mark->compare_exchange_strong(expected, 2));
  CHECK(expected == 1);
}

TEST_CASE("Who sleeps is woken once") {
  Ring ring;
  RingProducer producer = ring.MakeProducer();
  RingConsumer consumer = ring.MakeConsumer();
  CHECK_FALSE(producer.MustWake());
  CHECK(consumer.Sleep());
  Put(producer, "a");
  Put(producer, "b");
  CHECK(producer.MustWake());
  CHECK_FALSE(producer.MustWake());
  CHECK_FALSE(consumer.Sleep());  // there is something
  CHECK_FALSE(producer.MustWake());
}

TEST_CASE("Two threads hand over everything, asleep and awake") {
  Ring ring;
  constexpr int kCount = 100'000;
  // Who is asleep waits here, as at a socket.
  std::atomic<int> to_consumer{0};
  std::atomic<int> to_producer{0};
  std::thread other([&] {
    RingProducer producer = ring.MakeProducer();
    for (int i = 0; i < kCount; ++i) {
      while (!Put(producer, RecordOf(i))) {
        if (!producer.WaitForRoom(RecordOf(i).size())) continue;
        to_producer.wait(0);
        to_producer = 0;
      }
      if (!producer.MustWake()) continue;
      to_consumer = 1;
      to_consumer.notify_one();
    }
  });
  RingConsumer consumer = ring.MakeConsumer();
  int wrong = 0;
  for (int i = 0; i < kCount; ++i) {
    auto record = consumer.Peek();
    while (!record) {
      if (consumer.Sleep()) {
        to_consumer.wait(0);
        to_consumer = 0;
      }
      record = consumer.Peek();
    }
    if (record->bytes != RecordOf(i)) ++wrong;
    if (!consumer.Pop()) continue;
    to_producer = 1;
    to_producer.notify_one();
  }
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("A consumer believes no position and no size that cannot be") {
  Ring ring;
  RingProducer producer = ring.MakeProducer();
  RingConsumer consumer = ring.MakeConsumer();
  Put(producer, "good");
  REQUIRE(consumer.Peek());
  consumer.Pop();
  const std::uint64_t head = ring.control().head.load();
  SECTION("a head that is behind") { ring.control().head = head - 8; }
  SECTION("a head that is too far") { ring.control().head = head + Ring::kCapacity + 8; }
  SECTION("a head at the end of all numbers") { ring.control().head = ~std::uint64_t{0}; }
  SECTION("a head between the places") { ring.control().head = head + 12; }
  SECTION("a size larger than what is there") {
    const std::uint32_t size = 17;
    std::memcpy(ring.bytes() + head % Ring::kCapacity, &size, sizeof(size));
    ring.control().head = head + 24;
  }
  SECTION("the largest size") {
    const std::uint32_t size = ~0U;
    std::memcpy(ring.bytes() + head % Ring::kCapacity, &size, sizeof(size));
    ring.control().head = head + 24;
  }
  CHECK_FALSE(consumer.Peek());
  CHECK(consumer.IsBroken());
  CHECK_FALSE(consumer.Sleep());
  // For good.
  ring.control().head = head;
  CHECK_FALSE(consumer.Peek());
}

TEST_CASE("A producer believes no tail that cannot be") {
  Ring ring;
  RingProducer producer = ring.MakeProducer();
  Put(producer, "good");
  SECTION("ahead of the head") { ring.control().tail = 1000; }
  SECTION("at the end of all numbers") { ring.control().tail = ~std::uint64_t{0}; }
  SECTION("too far behind") {
    RingConsumer consumer = ring.MakeConsumer();
    for (int i = 0; i < 1000; ++i) {
      Put(producer, RecordOf(i));
      while (consumer.Peek()) consumer.Pop();
    }
    ring.control().tail = 0;
  }
  CHECK_FALSE(Put(producer, "more"));
  CHECK(producer.IsBroken());
  CHECK_FALSE(producer.WaitForRoom(8));
}
