#include "client/python/call_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace muster::python_module {
namespace {

constexpr std::size_t kMostBytes = 1u << 20;
// So that one Take answers soon however many calls there are.
constexpr std::size_t kMostCalls = 1024;

}  // namespace

CallQueue::Ready::~Ready() {
  const MutexLock lock(mutex);
  if (descriptor >= 0) ::close(descriptor);
}

void CallQueue::Ready::Push(Token token) {
  const MutexLock lock(mutex);
  if (!waiting.insert(token).second) return;
  tokens.push_back(token);
  if (descriptor >= 0 && tokens.size() == 1) ::eventfd_write(descriptor, 1);
  changed.NotifyAll();
}

std::optional<CallQueue::Token> CallQueue::Ready::Pop() {
  const MutexLock lock(mutex);
  if (tokens.empty()) return std::nullopt;
  const Token token = tokens.front();
  tokens.pop_front();
  waiting.erase(token);
  eventfd_t count = 0;
  if (descriptor >= 0 && tokens.empty()) ::eventfd_read(descriptor, &count);
  return token;
}

CallQueue::Token CallQueue::Reserve() {
  const MutexLock lock(mutex_);
  return next_++;
}

void CallQueue::AddAs(Token token, Call call) {
  const MutexLock lock(mutex_);
  calls_.emplace(token, std::move(call));
}

CallQueue::Token CallQueue::Add(Call call) {
  const Token token = Reserve();
  AddAs(token, std::move(call));
  return token;
}

void CallQueue::Follow(Token token) {
  std::optional<Call> call = Find(token);
  if (call) call->watch([ready = ready_, token] { ready->Push(token); });
}

std::optional<Call> CallQueue::Find(Token token) {
  const MutexLock lock(mutex_);
  const auto found = calls_.find(token);
  if (found == calls_.end()) return std::nullopt;
  return found->second;
}

bool CallQueue::Read(Token token, Said& said) {
  std::optional<Call> call = Find(token);
  if (!call) return false;
  said.token = token;
  std::size_t bytes = 0;
  std::optional<Event> event;
  while (bytes < kMostBytes) {
    if (!call->next_for(std::chrono::milliseconds(0), &event)) return !said.output.empty();
    if (!event) {
      const MutexLock lock(mutex_);
      calls_.erase(token);
      break;
    }
    bytes += event->data.size();
    said.output.push_back(*std::move(event));
  }
  if (bytes >= kMostBytes) {
    ready_->Push(token);
  } else {
    said.outcome = std::make_shared<const Outcome>(std::move(*call).wait());
  }
  return true;
}

std::vector<CallQueue::Said> CallQueue::Take(std::chrono::milliseconds time) {
  {
    const auto deadline = std::chrono::steady_clock::now() + time;
    const MutexLock lock(ready_->mutex);
    while (ready_->tokens.empty() && !ready_->is_closed &&
           ready_->changed.WaitUntil(ready_->mutex, deadline)) {
    }
  }
  std::vector<Said> all;
  std::size_t bytes = 0;
  while (all.size() < kMostCalls && bytes < kMostBytes) {
    const std::optional<Token> token = ready_->Pop();
    if (!token) break;
    Said said;
    if (!Read(*token, said)) continue;
    for (const Event& event : said.output) bytes += event.data.size();
    all.push_back(std::move(said));
  }
  return all;
}

bool CallQueue::IsEmpty() {
  const MutexLock lock(mutex_);
  return calls_.empty();
}

int CallQueue::Descriptor() {
  const MutexLock lock(ready_->mutex);
  if (ready_->descriptor < 0) {
    const bool is_ready = !ready_->tokens.empty();
    ready_->descriptor = ::eventfd(is_ready ? 1 : 0, EFD_NONBLOCK | EFD_CLOEXEC);
  }
  return ready_->descriptor;
}

void CallQueue::Cancel(Token token, std::optional<std::chrono::milliseconds> grace) {
  if (std::optional<Call> call = Find(token)) call->cancel(grace);
}

std::string CallQueue::IdOf(Token token) {
  const std::optional<Call> call = Find(token);
  return call ? call->id() : "";
}

void CallQueue::Close() {
  {
    const MutexLock lock(ready_->mutex);
    ready_->is_closed = true;
    ready_->changed.NotifyAll();
  }
  const MutexLock lock(mutex_);
  for (auto& [token, call] : calls_) call.detach();
}

}  // namespace muster::python_module
