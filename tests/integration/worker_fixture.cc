#include "tests/integration/worker_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "server/spawner/fd_passing.h"
#include "tests/integration/watching.h"

namespace muster::test {
namespace {

using namespace muster::server;  // NOLINT: it plays its part
using Clock = std::chrono::steady_clock;

std::chrono::milliseconds Patience() {
  return std::chrono::milliseconds(static_cast<long>(10'000 * Slack()));
}

void MakePipe(UniqueFd& read, UniqueFd& write) {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  read.Reset(fds[0]);
  write.Reset(fds[1]);
  ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

void ReadAll(int fd, std::string& text) {
  char buffer[65536];
  for (ssize_t size = 0; (size = ::read(fd, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

void DecodeException(const std::string& payload, CellEnd& end) {
  PayloadReader reader(payload);
  end.type = reader.Bytes();
  end.message = reader.Bytes();
  end.traceback = reader.Bytes();
  end.line = reader.U32();
  end.error_number = reader.U32();
  const std::uint32_t causes = reader.U32();
  for (std::uint32_t i = 0; i < causes && reader.ok(); ++i) {
    const std::string type = reader.Bytes();
    const std::string message = reader.Bytes();
    end.causes.push_back(type + ": " + message + (reader.U8() != 0 ? " (explicit)" : ""));
  }
  CHECK(reader.AtEnd());
}

}  // namespace

WorkerFixture::WorkerFixture() {
  int sockets[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
  socket_.Reset(sockets[0]);
  UniqueFd theirs(sockets[1]);
  UniqueFd lifeline_read;
  MakePipe(lifeline_read, lifeline_);
  const std::string program = ProgramPath("clusterd-worker");
  zygote_ = ::fork();
  REQUIRE(zygote_ >= 0);
  if (zygote_ == 0) {
    const int socket = ::fcntl(theirs.get(), F_DUPFD, 16);
    const int lifeline = ::fcntl(lifeline_read.get(), F_DUPFD, 16);
    ::dup2(socket, 3);
    ::dup2(lifeline, 4);
    ::close_range(5, ~0U, 0);
    ::setenv("MUSTER_CGROUPS", "no", 1);
    ::execl(program.c_str(), "clusterd-zygote", "--no-user-site", "--own-groups", nullptr);
    ::_exit(127);
  }
  theirs.Reset();
  const std::optional<FdMessage> hello = ReceiveFdMessage(socket_.get());
  REQUIRE(hello);
  REQUIRE(hello->bytes == "R");
}

WorkerFixture::~WorkerFixture() {
  socket_.Reset();
  lifeline_.Reset();
  ::waitpid(zygote_, nullptr, 0);
}

SupervisedProcess WorkerFixture::StartWorker(std::vector<std::string> environment) {
  LaunchRequest launch;
  launch.kind = LaunchRequest::Kind::kWorker;
  launch.environment = std::move(environment);
  launch.grace = std::chrono::seconds(2);
  return {socket_.get(), launch};
}

SupervisedProcess WorkerFixture::StartOneShot(const std::string& source, LaunchRequest::Form form) {
  LaunchRequest launch;
  launch.kind = LaunchRequest::Kind::kPython;
  launch.source = source;
  launch.form = form;
  return {socket_.get(), launch};
}

SupervisedProcess::SupervisedProcess(int zygote, LaunchRequest launch) {
  int control[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) == 0);
  control_.Reset(control[0]);
  const UniqueFd their_control(control[1]);
  UniqueFd their_out, their_err, their_value;
  MakePipe(out_, their_out);
  MakePipe(err_, their_err);
  if (launch.kind == LaunchRequest::Kind::kWorker) {
    absl::StatusOr<WorkerChannel> channel = WorkerChannel::Make(their_value);
    REQUIRE(channel.ok());
    channel_ = *std::move(channel);
    requests_ = channel_.MakeProducer(true);
    results_ = channel_.MakeConsumer(true);
  } else {
    MakePipe(value_, their_value);
  }
  REQUIRE(SendFdMessage(
      zygote, "S", {their_control.get(), their_out.get(), their_err.get(), their_value.get()}));
  const std::string frame =
      EncodeFrame(static_cast<std::uint8_t>(FrameType::kLaunch), launch.Encode());
  REQUIRE(::send(control_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(frame.size()));
}

void SupervisedProcess::Ask(const std::string& source, const WorkerRequest& request) {
  WorkerRequest head = request;
  head.ticket = ++ticket_;
  if (head.sequence == 0) head.sequence = ticket_;
  const std::size_t size = sizeof(head) + source.size();
  char* place = requests_.Reserve(size);
  REQUIRE(place != nullptr);
  ::memcpy(place, &head, sizeof(head));
  ::memcpy(place + sizeof(head), source.data(), source.size());
  requests_.Publish();
  if (requests_.MustWake()) channel_.Say(WorkerChannel::kWake);
}

CellEnd SupervisedProcess::Run(const std::string& source, const WorkerRequest& request) {
  Ask(source, request);
  return Await();
}

// As the daemon: nobody may write between the results that were taken and the output that is read.
void SupervisedProcess::ReadOutput(CellEnd& end) {
  ReadAll(out_.get(), end.out);
  ReadAll(err_.get(), end.err);
}

bool SupervisedProcess::TakeResults(CellEnd& end) {
  bool found = false;
  while (const auto record = results_.Peek()) {
    found = true;
    WorkerResult result;
    REQUIRE(record->bytes.size() >= sizeof(result));
    ::memcpy(&result, record->bytes.data(), sizeof(result));
    const std::string payload(record->bytes.substr(sizeof(result)));
    if (results_.Pop()) channel_.Say(WorkerChannel::kWake);
    switch (result.type) {
      case WorkerResult::Type::kPiece:
        end.value += payload;
        break;
      case WorkerResult::Type::kException:
        exception_ += payload;
        break;
      case WorkerResult::Type::kDone:
        REQUIRE(!end.is_done);
        if (!exception_.empty()) DecodeException(exception_, end);
        exception_.clear();
        end.value += payload;
        end.flags = result.flags;
        end.exit_code = result.exit_code;
        end.wall_us = result.wall_us;
        end.cpu_us = result.cpu_us;
        end.is_done = true;
        if ((result.flags & WorkerResult::kHasOutput) != 0) ReadOutput(end);
        break;
      case WorkerResult::Type::kWaiting:
        ++end.waits;
        channel_.Say(WorkerChannel::kDrained);
        break;
      case WorkerResult::Type::kRetiring:
        retired_ = payload;
        break;
    }
    if (end.is_done && result.type == WorkerResult::Type::kDone) return true;
  }
  return found;
}

void SupervisedProcess::WaitForWord() {
  if (!results_.Sleep()) return;
  pollfd waiting[4] = {{channel_.socket(), POLLIN, 0},
                       {out_.get(), POLLIN, 0},
                       {err_.get(), POLLIN, 0},
                       {control_.get(), POLLIN, 0}};
  ::poll(waiting, 4, 100);
  char words[64];
  if (waiting[0].revents != 0 &&
      ::recv(channel_.socket(), words, sizeof(words), MSG_DONTWAIT) == 0) {
    is_closed_ = true;
    ReadControl(0);
  }
  results_.StayAwake();
}

CellEnd SupervisedProcess::Await() {
  CellEnd end;
  const auto deadline = Clock::now() + Patience();
  while (!end.is_done && Clock::now() < deadline) {
    std::atomic<std::uint32_t>& reads = channel_.output_reads();
    reads.fetch_add(1);
    // What it printed so far is this one's, unless it ends just now.
    if (!TakeResults(end) && !end.is_done) ReadOutput(end);
    reads.fetch_add(1);
    if (end.is_done) break;
    if (is_closed_ && !TakeResults(end)) break;
    WaitForWord();
  }
  return end;
}

std::string SupervisedProcess::AwaitRetiring() {
  CellEnd end;
  const auto deadline = Clock::now() + Patience();
  while (retired_.empty() && !is_closed_ && Clock::now() < deadline) {
    if (!TakeResults(end)) WaitForWord();
  }
  TakeResults(end);
  return retired_;
}

void SupervisedProcess::Stop(std::chrono::milliseconds grace) {
  StopOrder order;
  order.grace = grace;
  const std::string frame =
      EncodeFrame(static_cast<std::uint8_t>(FrameType::kStop), order.Encode());
  ::send(control_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
}

void SupervisedProcess::ReadControl(int timeout_ms) {
  pollfd waiting{control_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, timeout_ms) <= 0) return;
  char buffer[4096];
  const ssize_t size = ::recv(control_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (size > 0) decoder_.Append({buffer, static_cast<std::size_t>(size)});
  while (const auto frame = decoder_.Next()) {
    if (frame->type == static_cast<std::uint8_t>(FrameType::kHere)) {
      supervisor_ = static_cast<pid_t>(PayloadReader(frame->payload).U64());
    } else if (frame->type == static_cast<std::uint8_t>(FrameType::kEnded)) {
      end_ = ExecutionEnd::Decode(frame->payload);
    }
  }
}

std::optional<ExecutionEnd> SupervisedProcess::AwaitEnd() {
  const auto deadline = Clock::now() + Patience();
  while (!end_ && Clock::now() < deadline) ReadControl(50);
  return end_;
}

pid_t SupervisedProcess::pid() {
  const auto deadline = Clock::now() + Patience();
  while (supervisor_ == 0 && Clock::now() < deadline) ReadControl(50);
  REQUIRE(supervisor_ > 0);
  const std::string path =
      "/proc/" + std::to_string(supervisor_) + "/task/" + std::to_string(supervisor_) + "/children";
  REQUIRE(Eventually([&] { return !ReadFile(path).empty(); }));
  return static_cast<pid_t>(std::stol(ReadFile(path)));
}

void SupervisedProcess::CloseChannel() { channel_ = WorkerChannel(); }

void SupervisedProcess::Drain() {
  CellEnd nobody;
  ReadOutput(nobody);
}

CellEnd SupervisedProcess::AwaitOneShot() {
  CellEnd end;
  FrameDecoder frames(kMaxReportBytes);
  const auto deadline = Clock::now() + Patience();
  while (!end_ && Clock::now() < deadline) {
    ReadControl(1);
    ReadOutput(end);
    std::string bytes;
    ReadAll(value_.get(), bytes);
    frames.Append(bytes);
  }
  ReadOutput(end);
  std::string bytes;
  ReadAll(value_.get(), bytes);
  frames.Append(bytes);
  while (const auto frame = frames.Next()) {
    if (frame->type == static_cast<std::uint8_t>(FrameType::kValue)) end.value += frame->payload;
    if (frame->type == static_cast<std::uint8_t>(FrameType::kException)) {
      DecodeException(frame->payload, end);
    }
    if (frame->type != static_cast<std::uint8_t>(FrameType::kDone)) continue;
    end.is_done = true;
    end.flags = frame->payload[0] != 0 ? WorkerResult::kHasValue : 0;
  }
  if (end_) end.exit_code = end_->code;
  return end;
}

}  // namespace muster::test
