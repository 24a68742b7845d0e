// CallQueue: many calls that one Python thread follows: what they print and how they end, as it
// comes. Nothing of gRPC's ever waits for Python: a call that has something to say puts its number
// into the queue, and whoever takes from the queue reads the call. Thread-safe; needs no GIL.
#pragma once

#include <ClusterAPI.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/mutex.h"

namespace muster::python_module {

class CallQueue {
 public:
  using Token = std::uint64_t;

  struct Said {
    Token token = 0;
    std::vector<Event> output;
    std::shared_ptr<const Outcome> outcome;  // the last that is said of a call; null: it goes on
  };

  // A number for a call that is added later.
  Token Reserve();
  // Keeps the call; it says nothing before Follow.
  void AddAs(Token token, Call call);
  Token Add(Call call);
  // From now on it is among those that Take waits for.
  void Follow(Token token);
  // What calls say, some 2 MiB at most; waits until one says something, for at most `time`.
  std::vector<Said> Take(std::chrono::milliseconds time);
  // Of a call that has ended, or never was, nothing.
  void Cancel(Token token, std::optional<std::chrono::milliseconds> grace);
  std::string IdOf(Token token);
  // Whether every call has ended, and its end was taken.
  bool IsEmpty();
  // Take returns at once from now on, and every call goes on by itself.
  void Close();
  // A descriptor that is readable while a call has something to say, for who waits for several
  // things; the queue's own. -1: there is none left.
  int Descriptor();

 private:
  // The numbers of calls that have something to say; shared with the calls' watchers, which may
  // outlive the queue.
  struct Ready {
    Mutex mutex;
    CondVar changed;
    std::deque<Token> tokens MUSTER_GUARDED_BY(mutex);
    std::set<Token> waiting MUSTER_GUARDED_BY(mutex);  // of them: each once
    bool is_closed MUSTER_GUARDED_BY(mutex) = false;
    int descriptor MUSTER_GUARDED_BY(mutex) = -1;  // an eventfd; -1: nobody asked
    ~Ready();
    void Push(Token token);
    // None: there is none now.
    std::optional<Token> Pop();
  };

  std::optional<Call> Find(Token token);
  // Reads one call; false: it had nothing new to say.
  bool Read(Token token, Said& said);

  const std::shared_ptr<Ready> ready_ = std::make_shared<Ready>();
  Mutex mutex_;
  Token next_ MUSTER_GUARDED_BY(mutex_) = 1;
  std::unordered_map<Token, Call> calls_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster::python_module
