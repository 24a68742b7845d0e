// WorkerFixture: plays the daemon for the processes of one zygote: starts clusterd-worker as the
// spawner does, has warm workers and one-shot processes forked from it, and speaks with them over
// the real rings, pipes and sockets. For one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "server/spawner/frame.h"
#include "server/spawner/launch_request.h"
#include "server/spawner/supervisor_message.h"
#include "server/spawner/worker_channel.h"
#include "server/spawner/worker_message.h"

namespace muster::test {

// What became of one execution.
struct CellEnd {
  bool is_done = false;
  std::string value;
  std::uint8_t flags = 0;
  int exit_code = -1;
  // Of an exception:
  std::string type, message, traceback;
  unsigned line = 0;
  unsigned error_number = 0;
  std::vector<std::string> causes;
  std::string out, err;
  std::uint64_t wall_us = 0;
  std::uint64_t cpu_us = 0;
  int waits = 0;

  bool HasValue() const { return (flags & server::WorkerResult::kHasValue) != 0; }
};

// One process tree: a supervisor and what it supervises, with our ends of everything.
class SupervisedProcess {
 public:
  SupervisedProcess(int zygote, server::LaunchRequest launch);

  // Of a warm worker. What it says of this one, until it is done or the process has ended.
  CellEnd Run(const std::string& source, const server::WorkerRequest& request = {});
  // The same in two steps.
  void Ask(const std::string& source, const server::WorkerRequest& request = {});
  CellEnd Await();
  // Handles what is there; false: nothing was.
  bool TakeResults(CellEnd& end);
  // Why it retired; empty when it did not within the time.
  std::string AwaitRetiring();
  void Stop(std::chrono::milliseconds grace);

  // Of a one-shot process, whole.
  CellEnd AwaitOneShot();
  // The supervisor's last word.
  std::optional<server::ExecutionEnd> AwaitEnd();
  void CloseChannel();
  // What is in the pipes goes nowhere.
  void Drain();

  pid_t pid();  // of the worker
  std::uint64_t ticket() const { return ticket_; }
  server::RingProducer& requests() { return requests_; }
  server::RingConsumer& results() { return results_; }
  server::WorkerChannel& channel() { return channel_; }

 private:
  void ReadOutput(CellEnd& end);
  void ReadControl(int timeout_ms);
  void WaitForWord();

  UniqueFd control_, out_, err_, value_;
  server::WorkerChannel channel_;
  server::RingProducer requests_;
  server::RingConsumer results_;
  server::FrameDecoder decoder_{server::kMaxReportBytes};
  std::uint64_t ticket_ = 0;
  pid_t supervisor_ = 0;
  bool is_closed_ = false;
  std::optional<server::ExecutionEnd> end_;
  std::string exception_;  // the payload so far
  std::string retired_;
};

class WorkerFixture {
 public:
  WorkerFixture();
  ~WorkerFixture();

  SupervisedProcess StartWorker(std::vector<std::string> environment = {});
  SupervisedProcess StartOneShot(const std::string& source, server::LaunchRequest::Form form);

 private:
  UniqueFd socket_;
  UniqueFd lifeline_;
  pid_t zygote_ = 0;
};

}  // namespace muster::test
