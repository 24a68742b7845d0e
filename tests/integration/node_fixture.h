// NodeFixture: a real clusterd on a socket in a folder of its own, and a bare client of its wire:
// for tests of what the daemon does, whatever the client library makes of it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "muster/v1/node.grpc.pb.h"
#include "tests/integration/watching.h"

namespace muster::test {

// What one Execute call brought.
struct Collected {
  std::string out;
  std::string err;
  std::string value;
  bool started = false;
  int outcomes = 0;
  v1::Outcome outcome;
  grpc::Status status;
  std::chrono::milliseconds took{0};
};

class NodeFixture {
 public:
  explicit NodeFixture(std::vector<std::string> extra_arguments = {});
  ~NodeFixture();  // SIGTERM, then SIGKILL after 10 s

  v1::Node::Stub& stub() { return *stub_; }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  pid_t pid() const { return daemon_.pid(); }
  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_; }
  ChildProcess& daemon() { return daemon_; }
  // Of the daemon's child.
  pid_t SpawnerPid();

  v1::ExecuteRequest Request();
  v1::ExecuteRequest Shell(const std::string& source);
  v1::ExecuteRequest Python(const std::string& source);
  v1::ExecuteRequest Argv(const std::vector<std::string>& arguments);

  // Runs to the end. `on_event` may look at each event.
  Collected Run(const v1::ExecuteRequest& request,
                const std::function<void(const v1::ExecuteEvent&)>& on_event = {},
                grpc::ClientContext* context = nullptr);
  grpc::Status Cancel(const v1::ExecuteRequest& request, int grace_ms = -1);

 private:
  std::string folder_;
  std::string path_;
  ChildProcess daemon_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Node::Stub> stub_;
  std::string stream_id_;
  std::uint64_t sequence_ = 0;
};

}  // namespace muster::test
