// SharedRing: a queue of records in memory that two processes share: one puts in, the other takes
// out. Each end believes nothing that the other could have written: positions and sizes are
// checked, and what is taken out has to be copied before it is understood. An end belongs to one
// thread (or to who holds its owner's lock).
//
//   positions only grow; position % capacity is the place; the memory is mapped twice in a row, so
//   that no record is ever cut:
//
//     tail ── records that wait ──▶ head ── room ──▶ tail + capacity
//
// A record: its size (u32), its mark (u32, which both ends may compare and swap), then the bytes,
// filled up to 8.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::server {

// At the beginning of the shared memory; a cache line each, as two processors write them.
struct RingControl {
  alignas(64) std::atomic<std::uint64_t> head;
  alignas(64) std::atomic<std::uint64_t> tail;
  alignas(64) std::atomic<std::uint32_t> consumer_sleeps;
  alignas(64) std::atomic<std::uint32_t> producer_waits;
};

class RingProducer {
 public:
  RingProducer() = default;
  RingProducer(RingControl* control, char* memory, std::size_t capacity)
      : control_(control), memory_(memory), capacity_(capacity) {}

  // Where a record of this size goes; null: there is no room for it now, or the ring is broken.
  char* Reserve(std::size_t size);
  // It is there, for the other end to see. The mark of the record begins as 0.
  std::atomic<std::uint32_t>* Publish();
  // Once for all that was published: true, the other end sleeps and has to be woken.
  bool MustWake();
  // Where the next record will be; and whether the other end has put the one there away, so that
  // its mark says nothing any more.
  std::uint64_t position() const { return head_; }
  bool IsTaken(std::uint64_t position) const;
  // No room was found: true, there is still none, and the other end will wake us when there is.
  bool WaitForRoom(std::size_t size);

  // The other end wrote what cannot be.
  bool IsBroken() const { return broken_; }
  static std::size_t SizeOf(std::size_t payload) { return (payload + 15) & ~std::size_t{7}; }

 private:
  RingControl* control_ = nullptr;
  char* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint64_t head_ = 0;
  std::size_t reserved_ = 0;
  bool broken_ = false;
};

class RingConsumer {
 public:
  struct Record {
    std::string_view bytes;  // in the shared memory: may change while it is looked at
    std::atomic<std::uint32_t>* mark = nullptr;
  };

  RingConsumer() = default;
  RingConsumer(RingControl* control, char* memory, std::size_t capacity)
      : control_(control), memory_(memory), capacity_(capacity) {}

  // The next record, which stays until Pop; empty: there is none, or the ring is broken.
  std::optional<Record> Peek();
  // True: the other end waits for room and has to be woken.
  bool Pop();
  // True: nothing is there, and the other end will wake us. False: something came, or the ring is
  // broken.
  bool Sleep();
  // No need to be woken: we look by ourselves.
  void StayAwake();

  bool IsBroken() const { return broken_; }

 private:
  RingControl* control_ = nullptr;
  char* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint64_t tail_ = 0;
  std::uint64_t known_head_ = 0;
  std::size_t peeked_ = 0;
  bool broken_ = false;
};

}  // namespace muster::server
