// InputFeeder: gives our standard input to the commands of a line, to each of them all of it. The
// slowest sets the pace, so that little of it waits in memory; one that has ended takes no more.
// Nothing is read before it is made, nor after its end.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "client/ClusterAPI.h"
#include "common/unique_fd.h"

namespace muster::clustershell {

class InputFeeder {
 public:
  // `fd` stays the caller's; calls of ClusterAPI::interact().
  InputFeeder(int fd, std::vector<Call> calls);
  // After the calls have ended, or it would wait for them.
  ~InputFeeder();
  InputFeeder(const InputFeeder&) = delete;
  InputFeeder& operator=(const InputFeeder&) = delete;

 private:
  void Run();
  // False: none of them takes any more.
  bool Give(const std::string& data);

  const int fd_;
  UniqueFd stop_;
  std::vector<Call> calls_;  // that still take input
  std::thread thread_;       // last: it uses all of the above
};

}  // namespace muster::clustershell
