#include "server/worker/worker_link.h"

#include <Python.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <utility>

#include "common/fault.h"
#include "common/limits.h"

namespace muster::server {
namespace {
// The daemon is gone, or what it wrote cannot be understood.
constexpr int kNobodyThere = 127;
// A wake-up costs as much as some cells.
constexpr int kMostUntold = 48;

// Whether a session's namespace is asked for; whoever is not believed yet may lie.
bool IsOfSession(std::string_view bytes) {
  WorkerRequest request;
  if (bytes.size() < sizeof(request)) return false;
  ::memcpy(&request, bytes.data(), sizeof(request));
  return request.keeps_namespace != 0;
}
}  // namespace

void DropSignals() {
  if (PyErr_CheckSignals() != 0) PyErr_Clear();
}

WorkerLink::WorkerLink(WorkerChannel channel)
    : channel_(std::move(channel)),
      requests_(channel_.MakeConsumer(false)),
      results_(channel_.MakeProducer(false)) {}

bool WorkerLink::Take(WorkerRequest& request, std::string& source) {
  while (const auto record = requests_.Peek()) {
    // In a session the cell before may have been interrupted. Its signal was sent before this
    // request was: it waits for this thread, which gets it on its way out of the kernel.
    if (IsOfSession(record->bytes)) ::sched_yield();
    DropSignals();
    auto expected = static_cast<std::uint32_t>(RequestMark::kQueued);
    if (record->mark->compare_exchange_strong(expected,
                                              static_cast<std::uint32_t>(RequestMark::kRunning))) {
      const std::string_view bytes = record->bytes;
      if (bytes.size() < sizeof(request) || bytes.size() > sizeof(request) + kMaxSourceBytes) {
        ::_exit(kNobodyThere);
      }
      ::memcpy(&request, bytes.data(), sizeof(request));
      source.assign(bytes.substr(sizeof(request)));
      return true;
    }
    Release();
  }
  if (requests_.IsBroken()) ::_exit(kNobodyThere);
  return false;
}

void WorkerLink::Release() {
  if (requests_.Pop()) channel_.Say(WorkerChannel::kWake);
}

void WorkerLink::Sleep() {
  if (untold_ > 0) Wake();
  if (!requests_.Sleep()) return;
  if (Listen().empty()) DropSignals();
  requests_.StayAwake();
}

bool WorkerLink::Send(const WorkerResult& result, std::string_view payload, bool gives_way) {
  if (FaultAt("value.write")) ::_exit(127);
  const std::size_t size = sizeof(result) + payload.size();
  char* place = nullptr;
  while ((place = results_.Reserve(size)) == nullptr) {
    if (results_.IsBroken()) ::_exit(kNobodyThere);
    if (!results_.WaitForRoom(size)) continue;
    Wake();
    if (!Listen().empty()) continue;
    if (gives_way && PyErr_CheckSignals() != 0) return false;
    DropSignals();
  }
  ::memcpy(place, &result, sizeof(result));
  if (!payload.empty()) ::memcpy(place + sizeof(result), payload.data(), payload.size());
  results_.Publish();
  return true;
}

void WorkerLink::WakeSoon() {
  if (++untold_ >= kMostUntold || !requests_.Peek()) Wake();
}

void WorkerLink::Wake() {
  untold_ = 0;
  if (results_.MustWake()) channel_.Say(WorkerChannel::kWake);
}

std::uint32_t WorkerLink::output_reads() const {
  return channel_.output_reads().load(std::memory_order_seq_cst);
}

void WorkerLink::AwaitDrained(std::uint64_t ticket) {
  WorkerResult waiting;
  waiting.ticket = ticket;
  waiting.type = WorkerResult::Type::kWaiting;
  Send(waiting, "");
  Wake();
  for (;;) {
    const std::string_view words = Listen();
    if (words.find(WorkerChannel::kDrained) < words.size()) return;
    if (words.empty()) DropSignals();
  }
}

std::string_view WorkerLink::Listen() {
  ssize_t size = 0;
  Py_BEGIN_ALLOW_THREADS;
  size = ::read(channel_.socket(), heard_, sizeof(heard_));
  if (size == 0 || (size < 0 && errno != EINTR)) ::_exit(kNobodyThere);
  Py_END_ALLOW_THREADS;
  return size < 0 ? std::string_view() : std::string_view(heard_, static_cast<std::size_t>(size));
}

}  // namespace muster::server
