// MemoryGuard: keeps a peer that may connect from filling the daemon's memory. gRPC 1.51 has shapes
// that no argument of its bounds (headers without end before SETTINGS are acknowledged, streams
// that are opened and reset at once), and it does not tell which connection costs what. So this
// thread looks at the daemon's own memory, and at how many bytes wait unread on each connection:
// who fills the daemon sends faster than it reads, and has a full receive queue at nearly every
// look. What memory grows from one look to the next is put down to the connections that had bytes
// waiting.
//
//   grown since the start by      what happens
//   less than kSuspicious         nothing
//   kSuspicious (768 MiB)         free memory goes back to the kernel; if that does not help, ten
//                                 looks 10 ms apart: of those who still send, the one that most
//                                 is put down to is cut, if that is more than kMuch
//   kIntolerable (1280 MiB)       the one that most is put down to is cut at once, sending or not
//
// gRPC takes its time to free what a connection held: the next one is cut only when memory goes on
// growing, or has not gone down within 3 s.
//
// Why 768: an honest client may have 128 requests of 4 MiB under way on a connection (512 MiB), and
// 256 MiB of requests may wait in the daemon's queue. Below 1.5 GiB whatever happens, as a sender
// brings less than 50 MiB between two looks, which are 50 ms apart; and 200 ms as long as it has
// grown by less than kMuch, for of a thousand daemons that do nothing each look costs. A cut one is
// logged with its uid and process; its executions end as those of any client that is gone. A thread
// of its own, which sleeps while there is no connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <thread>

#include "server/service/connection_table.h"

namespace muster::server {

class MemoryGuard {
 public:
  static constexpr std::size_t kSuspicious = 768u << 20;
  static constexpr std::size_t kIntolerable = 1280u << 20;
  static constexpr std::size_t kMuch = 96u << 20;

  explicit MemoryGuard(ConnectionTable& connections) : connections_(connections) {}
  ~MemoryGuard() { Stop(); }

  // What the daemon has now is what it needs.
  void Start();
  void Stop();

 private:
  struct Blame {
    double bytes = 0;    // of memory that are put down to it
    bool sends = false;  // had bytes waiting in the present search
    bool is_there = false;
  };

  void Run();
  // One look at memory and queues.
  void Look();
  void Attribute(const std::vector<ConnectionTable::Unread>& unread, std::size_t before);
  // Memory has grown too far.
  void Search();
  bool CutWorst();
  void Settle();

  ConnectionTable& connections_;
  UniqueFd statm_;  // of this process; kept, so that looking takes no descriptor
  std::size_t base_ = 0;
  std::size_t grown_ = 0;        // over base_, at the last look
  std::size_t unexplained_ = 0;  // growth that is not put down to anybody yet
  std::map<std::uint64_t, Blame> blames_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace muster::server
