// SilentSocket: notices that the other end of a stream socket reads nothing any more although
// something waits for it: it is stopped, or the network behind it is gone. gRPC's keepalive does
// not find that: its ping waits behind the bytes that the full socket does not take. An end whose
// user reads slowly is not meant: gRPC there goes on reading the socket, and says by HTTP/2's
// windows that no more is to be sent. Does not own the socket. One thread at a time.
#pragma once

#include <chrono>

namespace muster {

class SilentSocket {
 public:
  // How long there may be from one look to the next, so that silence is noticed within 15 s.
  static constexpr std::chrono::seconds kBetweenLooks{2};

  // False: the socket is of no more use; when nothing but silence told so, it was shut down here,
  // and whoever reads it finds its end.
  bool Look(int socket);

 private:
  int unread_ = 0;  // bytes and what the kernel adds to them
  std::chrono::steady_clock::time_point moved_ = std::chrono::steady_clock::now();
};

}  // namespace muster
