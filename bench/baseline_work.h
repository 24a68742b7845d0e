// BaselineWork: the same distances without Muster: bare gRPC over a Unix socket, and the kernel's
// own way to run a program. It knows baseline_server.cc and nothing of the product. It lives in the
// driver's one thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "bench/report.h"
#include "echo.grpc.pb.h"

namespace muster::bench {

class BaselineWork {
 public:
  explicit BaselineWork(const std::string& socket);

  // One unary echo after the other.
  Report RoundTrip(int count);
  // posix_spawn and wait of `true`, without an echo.
  Report Spawn(int count);
  // posix_spawn and wait of `true`, then an echo; as one.
  Report Program(int count);
  // Conversations of one message each way, `window` in flight in each of `clients`.
  Report Pipeline(double seconds, int window, int clients);
  // A stream of so many bytes from another process; every piece is looked at and thrown away.
  Report Value(std::uint64_t bytes);

 private:
  grpc::Status EchoOnce();

  const std::string socket_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Echo::Stub> stub_;
};

}  // namespace muster::bench
