// FanOut: one thing sent to many nodes at once, and all answers waited for: through ClusterAPI to
// the nodes of a configuration, and by bare gRPC to as many echo servers. Both ends of the
// comparison are here because they have to do the same. It lives in the driver's one thread.
#pragma once

#include <ClusterAPI.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/report.h"
#include "echo.grpc.pb.h"

namespace muster::bench {

class FanOut {
 public:
  // The file of the configuration; nothing is contacted.
  explicit FanOut(std::string configuration) : configuration_(std::move(configuration)) {}

  // `dead`: how many nodes do not answer; another number is an error, and so is a wrong answer of
  // the others.

  // The first answer of all nodes to a handle that never spoke with them. It is kept for what
  // follows.
  Report Contact(int dead);
  // The handle goes, and the channels of all echo servers.
  Report Leave();
  // Once more, over the connections that there are.
  Report Ask(int dead);
  // `1+1` on each of them.
  Report Run(int dead);
  // The same, on few of them at a time: all their Pythons start here, on one machine.
  Report Warm(int dead);

  // The same with so many channels, to SOCKET.0, SOCKET.1, …, the last `dead` of which are not
  // there: one unary echo each.
  Report BareContact(const std::string& socket, int channels, int dead);
  Report BareAsk(const std::string& socket, int dead);

 private:
  Report Check(int dead);
  // How many of `target` could not be reached, added to `failed`; or what was wrong.
  std::optional<Report> RunOn(const Target& target, std::size_t* failed, std::string* why);

  const std::string configuration_;
  std::optional<ClusterAPI> cluster_;
  std::map<std::string, std::vector<std::unique_ptr<Echo::Stub>>> stubs_;  // by `socket`
};

}  // namespace muster::bench
