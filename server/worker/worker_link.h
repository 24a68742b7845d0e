// WorkerLink: the worker's end of its WorkerChannel: takes requests, sends results, sleeps when
// there is nothing to do, waits when there is no room. Ends the process when the daemon is gone or
// writes what cannot be: there is nobody left to work for. The worker's one thread, which holds the
// interpreter's lock; it is let go while this waits.
#pragma once

#include <string>
#include <string_view>

#include "server/spawner/worker_channel.h"
#include "server/spawner/worker_message.h"

namespace muster::server {

class WorkerLink {
 public:
  explicit WorkerLink(WorkerChannel channel);

  // The next request, which runs from now on; false: there is none.
  bool Take(WorkerRequest& request, std::string& source);
  // What Take gave has ended: its place may be used again.
  void Release();
  // Until there may be a request.
  void Sleep();

  // Puts a result into the ring; the other end sees it at once, and is woken by Wake. Waits while
  // there is no room. `gives_way`: a signal whose handler raises ends the wait: false, with that
  // exception set. Otherwise what handlers raise meanwhile is dropped.
  bool Send(const WorkerResult& result, std::string_view payload, bool gives_way = false);
  void Wake();
  // As Wake, for a result that can wait for some more: while the daemon has handed over more than
  // one request it looks by itself every 2 ms (WorkerPool).
  void WakeSoon();

  // What the daemon has read of the output, as a number that changes; odd while it reads.
  std::uint32_t output_reads() const;
  // Until the daemon has read all output.
  void AwaitDrained(std::uint64_t ticket);

 private:
  // Blocks until the other end says something; the words. Empty: a signal came.
  std::string_view Listen();

  WorkerChannel channel_;
  RingConsumer requests_;
  RingProducer results_;
  int untold_ = 0;  // results that the daemon was not woken for
  char heard_[64];
};

// The exceptions of signal handlers that ran when nothing was there to raise them in.
void DropSignals();

}  // namespace muster::server
