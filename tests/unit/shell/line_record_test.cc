#include "shell/line_record.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

// Keeps what it is told.
class Told : public Report {
 public:
  void OnOutput(std::size_t node, const Event& event) override {
    text +=
        std::to_string(node) + (event.stream == Event::Stream::kStdout ? ">" : "!") + event.data;
  }
  void OnWaiting(std::size_t node) override { text += std::to_string(node) + "?"; }
  void OnEnd(std::size_t node, const Outcome& outcome) override {
    text += std::to_string(node) + word(outcome.kind) + " " + outcome.value().text() + "\n";
  }
  void OnAllEnded(const std::vector<Outcome>& outcomes, std::chrono::milliseconds took) override {
    text += std::to_string(outcomes.size()) + " in " + std::to_string(took.count());
  }

  std::string text;
};

Outcome Failed() {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kFailed;
  return outcome;
}

TEST_CASE("a record tells again what was written, node by node") {
  LineRecord record({"a", "b"});
  record.OnOutput(1, {Event::Stream::kStdout, "x"});
  record.OnOutput(0, {Event::Stream::kStdout, "y"});
  record.OnOutput(1, {Event::Stream::kStdout, "z"});
  record.OnOutput(1, {Event::Stream::kStderr, "e"});
  record.OnEnd(0, Outcome());
  record.OnEnd(1, Failed());
  record.OnAllEnded(std::chrono::milliseconds(7));
  Told all;
  record.Tell(all, false);
  CHECK(all.text == "0>y0lost \n1>xz1!e1failed \n2 in 7");
  Told output;
  record.Tell(output, true);
  CHECK(output.text == "0>y0ok \n1>xz1ok \n2 in 7");
  CHECK(record.left_out().empty());
}

TEST_CASE("a record leaves out who wrote most, and keeps the others") {
  LineRecord record({"a", "b", "c"}, 4096);
  record.OnOutput(0, {Event::Stream::kStdout, "small"});
  record.OnOutput(1, {Event::Stream::kStdout, std::string(3000, 'x')});
  record.OnOutput(2, {Event::Stream::kStdout, std::string(2000, 'y')});
  record.OnOutput(1, {Event::Stream::kStdout, "more"});
  for (std::size_t i = 0; i < 3; ++i) record.OnEnd(i, Outcome());
  CHECK(record.left_out() == std::vector<std::string>{"b"});
  Told told;
  record.Tell(told, true);
  CHECK(told.text.find("small") != std::string::npos);
  CHECK(told.text.find("yyy") != std::string::npos);
  CHECK(told.text.find('x') == std::string::npos);
}

}  // namespace
}  // namespace muster::clustershell
