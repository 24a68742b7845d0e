// StarvationGuard: keeps a peer that may connect from taking all of the daemon's time. Streams that
// are opened and reset without end cost gRPC 1.51 more than they cost their sender, and hardly any
// memory; meanwhile others are not served. So the daemon asks itself, four times a second while
// there are connections and it is at work: a call over a connection like any other, and tasks for
// gRPC's threads (TaskProbe), as calls that need those starve while the others are answered at
// once.
//
// When something of that has waited for 1 s, a connection is cut
//   - that had bytes waiting at nearly every look meanwhile (of several the one that had at most),
//   - and from which gRPC has read meanwhile: those who starve have bytes waiting, too.
// Not when the daemon used hardly any processor or could hardly look: then the machine is busy with
// something else, or the daemon was stopped. gRPC takes its time to forget the streams of who was
// cut: the next one is cut only when what waited has come, or has not within 3 s.
//
// Honest work hardly keeps anything waiting for half of that. Only many executions of 3 MiB each
// did so for 1.8 s, where there was six times as much to do as the machine has processors; but then
// bytes were waiting on one connection at no more than 62 of 100 looks, while they are at all of
// them for who floods. A thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "common/unique_fd.h"
#include "muster/v1/node.grpc.pb.h"
#include "server/service/connection_table.h"

namespace muster::server {

class StarvationGuard {
 public:
  // `connect`: gives the client's end of a connection to this daemon.
  StarvationGuard(ConnectionTable& connections, std::function<UniqueFd()> connect)
      : connections_(connections), connect_(std::move(connect)) {}
  ~StarvationGuard() { Stop(); }

  void Start();
  void Stop();

 private:
  struct Question;
  // What the looks at one connection found.
  struct Sender {
    std::size_t bytes = 0;  // at the last one
    int waiting = 0;        // looks at which bytes were waiting
    int read = 0;           // looks at which there were fewer than at the one before
  };

  void Run();
  void Connect();
  void Ask();
  // Waits for the answer. False: it is time to stop.
  bool AskOnce();
  // Until everything is answered, at most for `time`. False: it is time to stop.
  bool WatchFor(std::chrono::milliseconds time);
  void Look();
  bool CutWorst(std::chrono::nanoseconds busy);

  ConnectionTable& connections_;
  const std::function<UniqueFd()> connect_;
  std::unique_ptr<v1::Node::Stub> stub_;
  std::shared_ptr<Question> question_;  // the present or the last one
  int looks_ = 0;                       // since it was asked, or since somebody was last sought
  std::map<std::uint64_t, Sender> senders_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace muster::server
