// Interaction: one Interact call of a bare client: says things, and collects what comes. One thread
// speaks, another of its own listens.
#pragma once

#include <mutex>
#include <string>
#include <thread>

#include "tests/integration/node_fixture.h"

namespace muster::test {

class Interaction {
 public:
  // Sends `start`, with a terminal of this size if rows is not 0.
  Interaction(NodeFixture& node, const v1::ExecuteRequest& start, unsigned rows = 0,
              unsigned columns = 0);
  ~Interaction();  // breaks it off

  // False: the call has ended.
  bool Say(const v1::InteractRequest& message);
  // In pieces of at most 64 KiB.
  bool Write(const std::string& data);
  bool EndInput();
  bool Resize(unsigned rows, unsigned columns);
  bool Signal(int signal);
  void Break() { context_.TryCancel(); }

  // What has come of stdout so far.
  std::string Out();
  // Waits until stdout holds `text`.
  bool Sees(const std::string& text);
  // Listens only from now on; for a slow reader.
  void Listen();
  // The end.
  Collected Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::InteractRequest, v1::InteractEvent>> stream_;
  std::mutex mutex_;
  Collected collected_;
  std::thread listener_;
};

}  // namespace muster::test
