#include "server/spawner/shared_ring.h"

#include <string.h>

namespace muster::server {
namespace {
constexpr std::size_t kHeaderBytes = 8;
}  // namespace

char* RingProducer::Reserve(std::size_t size) {
  const std::uint64_t tail = control_->tail.load(std::memory_order_acquire);
  if (tail > head_ || head_ - tail > capacity_) broken_ = true;
  const std::size_t needed = SizeOf(size);
  if (broken_ || capacity_ - (head_ - tail) < needed) return nullptr;
  char* record = memory_ + head_ % capacity_;
  const auto payload = static_cast<std::uint32_t>(size);
  ::memcpy(record, &payload, sizeof(payload));
  reinterpret_cast<std::atomic<std::uint32_t>*>(record + 4)->store(0, std::memory_order_relaxed);
  reserved_ = needed;
  return record + kHeaderBytes;
}

std::atomic<std::uint32_t>* RingProducer::Publish() {
  auto* mark = reinterpret_cast<std::atomic<std::uint32_t>*>(memory_ + head_ % capacity_ + 4);
  head_ += reserved_;
  reserved_ = 0;
  // Sequentially consistent, as the pair of this store and the look at consumer_sleeps needs it.
  control_->head.store(head_, std::memory_order_seq_cst);
  return mark;
}

bool RingProducer::MustWake() {
  return control_->consumer_sleeps.load(std::memory_order_seq_cst) != 0 &&
         control_->consumer_sleeps.exchange(0, std::memory_order_seq_cst) != 0;
}

bool RingProducer::IsTaken(std::uint64_t position) const {
  return control_->tail.load(std::memory_order_seq_cst) > position;
}

bool RingProducer::WaitForRoom(std::size_t size) {
  control_->producer_waits.store(1, std::memory_order_seq_cst);
  const std::uint64_t tail = control_->tail.load(std::memory_order_seq_cst);
  if (tail > head_ || head_ - tail > capacity_) broken_ = true;
  if (!broken_ && capacity_ - (head_ - tail) < SizeOf(size)) return true;
  control_->producer_waits.store(0, std::memory_order_seq_cst);
  return false;
}

std::optional<RingConsumer::Record> RingConsumer::Peek() {
  if (broken_) return std::nullopt;
  if (known_head_ == tail_) {
    known_head_ = control_->head.load(std::memory_order_seq_cst);
    if (known_head_ < tail_ || known_head_ - tail_ > capacity_) broken_ = true;
    if (broken_ || known_head_ == tail_) return std::nullopt;
  }
  char* record = memory_ + tail_ % capacity_;
  std::uint32_t size = 0;
  ::memcpy(&size, record, sizeof(size));
  const std::size_t whole = RingProducer::SizeOf(size);
  if (whole > known_head_ - tail_ || known_head_ % 8 != 0) {
    broken_ = true;
    return std::nullopt;
  }
  peeked_ = whole;
  return Record{{record + kHeaderBytes, size},
                reinterpret_cast<std::atomic<std::uint32_t>*>(record + 4)};
}

bool RingConsumer::Pop() {
  tail_ += peeked_;
  peeked_ = 0;
  control_->tail.store(tail_, std::memory_order_seq_cst);
  return control_->producer_waits.load(std::memory_order_seq_cst) != 0 &&
         control_->producer_waits.exchange(0, std::memory_order_seq_cst) != 0;
}

bool RingConsumer::Sleep() {
  if (broken_) return false;
  control_->consumer_sleeps.store(1, std::memory_order_seq_cst);
  if (control_->head.load(std::memory_order_seq_cst) == tail_) return true;
  control_->consumer_sleeps.store(0, std::memory_order_seq_cst);
  return false;
}

void RingConsumer::StayAwake() { control_->consumer_sleeps.store(0, std::memory_order_relaxed); }

}  // namespace muster::server
