// StarvationGuard: keeps a peer that may connect from taking all of the daemon's time. Streams that
// are opened and reset without end cost gRPC 1.51 more than they cost their sender, and hardly any
// memory; meanwhile nobody else is served. So the daemon asks itself, over a connection like any
// other: twice a second, while there are connections. When no answer comes for 1.5 s although the
// daemon is busy, and one connection had bytes waiting at nearly every look all that time, that one
// is cut. A daemon that is not answering because the machine is busy with something else uses no
// time itself, and nobody is cut. A thread of its own.
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

  void Run();
  void Connect();
  // False: it is time to stop.
  bool AskOnce();
  void Look();
  void CutWorst(std::chrono::nanoseconds busy);

  ConnectionTable& connections_;
  const std::function<UniqueFd()> connect_;
  std::unique_ptr<v1::Node::Stub> stub_;
  int looks_ = 0;                         // during the present question
  std::map<std::uint64_t, int> waiting_;  // looks at which a connection had bytes waiting
  std::thread thread_;                    // last: it uses everything above
};

}  // namespace muster::server
