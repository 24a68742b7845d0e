// bench_baseline SOCKET: bare gRPC at a Unix socket, as quick as gRPC's own interface makes it. It
// prints a line when it listens, and ends when its standard input does.
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "bench/feeder.h"
#include "echo.grpc.pb.h"

namespace muster::bench {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

// gRPC's synchronous interface: a thread for each call that runs.
class EchoService final : public Echo::Service {
 public:
  explicit EchoService(Feeder& feeder) : feeder_(feeder) {}

  grpc::Status Unary(grpc::ServerContext*, const Piece* question, Piece* answer) override {
    answer->set_data(question->data());
    return grpc::Status::OK;
  }

  grpc::Status Conversation(grpc::ServerContext*,
                            grpc::ServerReaderWriter<Piece, Piece>* stream) override {
    Piece piece;
    while (stream->Read(&piece)) {
      if (!stream->Write(piece)) break;
    }
    return grpc::Status::OK;
  }

  grpc::Status Value(grpc::ServerContext*, const Size* size,
                     grpc::ServerWriter<Piece>* stream) override {
    if (!feeder_.Ask(size->bytes())) return {grpc::StatusCode::INTERNAL, "the feeder is gone"};
    Piece piece;
    for (std::uint64_t left = size->bytes(); left > 0; left -= piece.data().size()) {
      piece.mutable_data()->resize(std::min<std::uint64_t>(left, kPieceBytes));
      if (!feeder_.Read(piece.mutable_data()->data(), piece.data().size())) {
        return {grpc::StatusCode::INTERNAL, "the feeder is gone"};
      }
      if (!stream->Write(piece)) return {grpc::StatusCode::CANCELLED, "nobody reads"};
    }
    return grpc::Status::OK;
  }

 private:
  Feeder& feeder_;
};

int Serve(const std::string& socket) {
  Feeder feeder = Feeder::Start();
  EchoService service(feeder);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << "listening" << std::endl;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bench_baseline SOCKET\n";
    return 2;
  }
  return muster::bench::Serve(argv[1]);
}
