// bench_baseline SOCKET: bare gRPC at a Unix socket, as quick as gRPC's own interface makes it.
// bench_baseline SOCKET COUNT PROCESSES: at SOCKET.0, SOCKET.1, … SOCKET.COUNT-1, shared out to so
// many processes. Either prints a line when it listens, and ends when its standard input does.
#include <grpcpp/grpcpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

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

void WaitForEnd(int fd) {
  char byte = 0;
  while (::read(fd, &byte, 1) > 0) {
  }
}

// Until there is nothing more to be read from `until`; says that it listens by a byte to `ready`.
int Serve(const std::vector<std::string>& sockets, int ready, int until) {
  Feeder feeder = Feeder::Start();
  EchoService service(feeder);
  grpc::ServerBuilder builder;
  for (const std::string& socket : sockets) {
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  }
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || ::write(ready, "\n", 1) != 1) return 1;
  WaitForEnd(until);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

// Forked before any of them has met gRPC. They end with this one.
int ServeMany(const std::string& socket, int count, int processes) {
  int ready[2];
  int life[2];
  if (::pipe(ready) != 0 || ::pipe(life) != 0) return 1;
  for (int process = 0; process < processes; ++process) {
    const pid_t pid = ::fork();
    if (pid < 0) return 1;
    if (pid > 0) continue;
    ::close(life[1]);
    std::vector<std::string> sockets;
    for (int i = process; i < count; i += processes) {
      sockets.push_back(socket + "." + std::to_string(i));
    }
    ::_exit(Serve(sockets, ready[1], life[0]));
  }
  ::close(ready[1]);
  char byte = 0;
  for (int process = 0; process < processes; ++process) {
    if (::read(ready[0], &byte, 1) != 1) return 1;
  }
  std::cout << "listening" << std::endl;
  WaitForEnd(STDIN_FILENO);
  ::close(life[1]);
  while (::wait(nullptr) > 0) {
  }
  return 0;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  if (argc == 2) return muster::bench::Serve({argv[1]}, STDOUT_FILENO, STDIN_FILENO);
  if (argc == 4) {
    return muster::bench::ServeMany(argv[1], std::stoi(argv[2]), std::stoi(argv[3]));
  }
  std::cerr << "usage: bench_baseline SOCKET [COUNT PROCESSES]\n";
  return 2;
}
