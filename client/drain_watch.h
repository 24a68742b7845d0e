// DrainWatch: hears from a daemon that it begins to end, over a stream of its standard health
// service that stays open as long as the connection. So a client takes its calls elsewhere before
// the daemon closes anything, and no call meets that end on its way; and a connection that is in
// use by somebody has a live stream, which a daemon's idle timeout does not end. A daemon without
// that service says nothing. Thread-safe. Lives until gRPC is done with it, whoever else lets go.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>

namespace muster {

class DrainWatch final : private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // `on_drain` runs at most once, on a thread of gRPC.
  static std::shared_ptr<DrainWatch> Begin(const std::shared_ptr<grpc::Channel>& channel,
                                           std::function<void()> on_drain);
  // Its stream would keep the connection open.
  void Stop() { context_.TryCancel(); }

 private:
  explicit DrainWatch(std::function<void()> on_drain) : on_drain_(std::move(on_drain)) {}
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  std::function<void()> on_drain_;    // until it has run
  std::shared_ptr<DrainWatch> self_;  // until OnDone
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
};

}  // namespace muster
