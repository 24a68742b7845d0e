#include "bench/baseline_work.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <semaphore>
#include <thread>
#include <vector>

namespace muster::bench {
namespace {

constexpr char kTrue[] = "/bin/true";

Report Wrong(const grpc::Status& status) {
  return Report::Failed("bare gRPC: " + status.error_message());
}

// A channel of its own connection each, as every handle of ClusterAPI has.
std::shared_ptr<grpc::Channel> Connect(const std::string& target, int number) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("muster.bench.channel", number);
  arguments.SetMaxReceiveMessageSize(4 << 20);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

bool SpawnTrue() {
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  pid_t pid = 0;
  int status = 0;
  return ::posix_spawn(&pid, kTrue, nullptr, nullptr, arguments, environ) == 0 &&
         ::waitpid(pid, &status, 0) == pid && status == 0;
}

struct Share {
  std::uint64_t verified = 0;
  grpc::Status status;
};

// One thread writes as long as there is room in the window, this one reads.
void RunShare(Echo::Stub& stub, double seconds, int window, Share& share) {
  grpc::ClientContext context;
  const auto stream = stub.Conversation(&context);
  std::counting_semaphore<> room(window);
  const Clock::time_point begin = Clock::now();
  std::thread writer([&] {
    Piece piece;
    for (std::uint64_t next = 0; SecondsSince(begin) < seconds; ++next) {
      room.acquire();
      piece.set_data("1+" + std::to_string(next));
      if (!stream->Write(piece)) break;
    }
    stream->WritesDone();
  });
  Piece piece;
  bool right = true;
  while (stream->Read(&piece)) {
    right = right && piece.data() == "1+" + std::to_string(share.verified);
    ++share.verified;
    room.release();
  }
  room.release();  // the stream is broken, or the writer needs none
  writer.join();
  share.status = stream->Finish();
  if (share.status.ok() && !right) share.status = {grpc::StatusCode::DATA_LOSS, "wrong echo"};
}

}  // namespace

BaselineWork::BaselineWork(const std::string& socket)
    : socket_(socket), channel_(Connect("unix:" + socket, 0)), stub_(Echo::NewStub(channel_)) {}

grpc::Status BaselineWork::EchoOnce() {
  grpc::ClientContext context;
  Piece question;
  Piece answer;
  question.set_data("1+1");
  const grpc::Status status = stub_->Unary(&context, question, &answer);
  if (status.ok() && answer.data() != question.data()) {
    return {grpc::StatusCode::DATA_LOSS, "wrong echo"};
  }
  return status;
}

Report BaselineWork::RoundTrip(int count) {
  Latencies latencies(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    const grpc::Status status = EchoOnce();
    latencies.Add(SecondsSince(begin));
    if (!status.ok()) return Wrong(status);
  }
  return latencies.ToReport();
}

Report BaselineWork::Spawn(int count) {
  Latencies latencies(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    if (!SpawnTrue()) return Report::Failed("posix_spawn of true failed");
    latencies.Add(SecondsSince(begin));
  }
  return latencies.ToReport();
}

Report BaselineWork::Program(int count) {
  Latencies latencies(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    if (!SpawnTrue()) return Report::Failed("posix_spawn of true failed");
    const grpc::Status status = EchoOnce();
    latencies.Add(SecondsSince(begin));
    if (!status.ok()) return Wrong(status);
  }
  return latencies.ToReport();
}

Report BaselineWork::Pipeline(double seconds, int window, int clients) {
  std::vector<std::unique_ptr<Echo::Stub>> stubs;
  for (int i = 0; i < clients; ++i) {
    stubs.push_back(Echo::NewStub(Connect("unix:" + socket_, i + 1)));
    Share warm;
    RunShare(*stubs.back(), 0.001, 1, warm);
    if (!warm.status.ok()) return Wrong(warm.status);
  }
  std::vector<Share> shares(stubs.size());
  std::vector<std::thread> threads;
  const Clock::time_point begin = Clock::now();
  for (std::size_t i = 0; i < stubs.size(); ++i) {
    threads.emplace_back([&, i] { RunShare(*stubs[i], seconds, window, shares[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = SecondsSince(begin);
  std::uint64_t verified = 0;
  for (const Share& share : shares) {
    if (!share.status.ok()) return Wrong(share.status);
    verified += share.verified;
  }
  return Report()
      .Add("per_second", static_cast<double>(verified) / took)
      .Add("verified", static_cast<double>(verified));
}

Report BaselineWork::Value(std::uint64_t bytes) {
  grpc::ClientContext context;
  Size size;
  size.set_bytes(bytes);
  const Clock::time_point begin = Clock::now();
  const auto stream = stub_->Value(&context, size);
  Piece piece;
  std::uint64_t received = 0;
  bool right = true;
  while (stream->Read(&piece)) {
    received += piece.data().size();
    right = right && piece.data().front() == 'x' && piece.data().back() == 'x';
  }
  const grpc::Status status = stream->Finish();
  const double seconds = SecondsSince(begin);
  if (!status.ok()) return Wrong(status);
  if (!right || received != bytes) return Report::Failed("bare gRPC: a wrong value");
  return Report()
      .Add("gigabytes_per_second", static_cast<double>(bytes) / seconds / 1e9)
      .Add("verified", 1);
}

}  // namespace muster::bench
