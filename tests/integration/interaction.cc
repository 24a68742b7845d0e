#include "tests/integration/interaction.h"

#include "common/limits.h"

namespace muster::test {

Interaction::Interaction(NodeFixture& node, const v1::ExecuteRequest& start, unsigned rows,
                         unsigned columns) {
  stream_ = node.stub().Interact(&context_);
  v1::InteractRequest first;
  *first.mutable_start() = start;
  if (rows != 0) {
    first.mutable_terminal()->mutable_size()->set_rows(rows);
    first.mutable_terminal()->mutable_size()->set_columns(columns);
  }
  stream_->Write(first);
}

Interaction::~Interaction() {
  Break();
  if (!listener_.joinable()) Listen();
  listener_.join();
}

bool Interaction::Say(const v1::InteractRequest& message) { return stream_->Write(message); }

bool Interaction::Write(const std::string& data) {
  for (std::size_t at = 0; at < data.size(); at += kMaxInputBytes) {
    v1::InteractRequest message;
    message.set_input(data.substr(at, kMaxInputBytes));
    if (!Say(message)) return false;
  }
  return true;
}

bool Interaction::EndInput() {
  v1::InteractRequest message;
  message.set_end_of_input(true);
  return Say(message);
}

bool Interaction::Resize(unsigned rows, unsigned columns) {
  v1::InteractRequest message;
  message.mutable_window_size()->set_rows(rows);
  message.mutable_window_size()->set_columns(columns);
  return Say(message);
}

bool Interaction::Signal(int signal) {
  v1::InteractRequest message;
  message.set_signal(signal);
  return Say(message);
}

void Interaction::Listen() {
  listener_ = std::thread([this] {
    v1::InteractEvent message;
    while (stream_->Read(&message)) {
      const v1::ExecuteEvent& event = message.event();
      const std::lock_guard<std::mutex> lock(mutex_);
      if (event.has_started()) collected_.started = true;
      if (event.has_value()) collected_.value += event.value().text();
      if (event.has_output()) {
        (event.output().stream() == v1::Output::STREAM_STDOUT ? collected_.out : collected_.err) +=
            event.output().data();
      }
      if (event.has_outcome()) {
        ++collected_.outcomes;
        collected_.outcome = event.outcome();
      }
    }
    const grpc::Status status = stream_->Finish();
    const std::lock_guard<std::mutex> lock(mutex_);
    collected_.status = status;
  });
}

std::string Interaction::Out() {
  if (!listener_.joinable()) Listen();
  const std::lock_guard<std::mutex> lock(mutex_);
  return collected_.out;
}

bool Interaction::Sees(const std::string& text) {
  return Eventually([&] { return Out().find(text) != std::string::npos; });
}

Collected Interaction::Finish() {
  if (!listener_.joinable()) Listen();
  listener_.join();
  listener_ = std::thread([] {});
  return collected_;
}

}  // namespace muster::test
