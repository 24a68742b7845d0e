// Values as data from a real daemon.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>

#include "tests/integration/watching.h"
#include "tests/value_cases.h"

using muster::ClusterAPI;
using muster::Command;
using muster::Outcome;
using muster::Value;

namespace {

Outcome Run(ClusterAPI& cluster, const std::string& source,
            Command::Form form = Command::Form::kRepr) {
  return cluster.execute(1, muster::python(muster::test::kValuePrelude + source, form)).wait();
}

ClusterAPI Local() {
  auto cluster = ClusterAPI::local(1);
  INFO(cluster.status().message());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

}  // namespace

TEST_CASE("a value that came as data has a literal that Python reads as the same value") {
  ClusterAPI cluster = Local();
  std::vector<std::string> expressions = muster::test::GoodValues();
  if (Run(cluster, "np is None").value().text() == "False") {
    const std::vector<std::string>& arrays = muster::test::GoodArrays();
    expressions.insert(expressions.end(), arrays.begin(), arrays.end());
  } else {
    WARN("numpy is not installed (Debian package python3-numpy)");
  }
  for (const std::string& expression : expressions) {
    INFO(expression);
    const Outcome outcome = Run(cluster, expression, Command::Form::kData);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.value().is_data());
    const std::string& text = outcome.value().text();
    if (text.size() > 2u << 20) continue;  // it would not fit into a source
    const Outcome checked = Run(cluster, "is_literal(r'''" + text + " ''', " + expression + ")");
    INFO(checked.describe());
    CHECK(checked.value().text() == (text.back() == '\\' ? "" : "True"));
  }
}

TEST_CASE("what does not cross as data comes as text, and says so") {
  ClusterAPI cluster = Local();
  for (const char* expression : {"Colour.RED", "{1, 2}", "Point(1, 2)", "nested(101)", "1j"}) {
    INFO(expression);
    const Outcome as_data = Run(cluster, expression, Command::Form::kData);
    const Outcome as_text = Run(cluster, expression);
    REQUIRE(as_data.ok());
    CHECK_FALSE(as_data.value().is_data());
    CHECK(as_data.value().kind() == Value::Kind::kText);
    CHECK(as_data.value().text() == as_text.value().text());
  }
}

TEST_CASE("code without a value has none, whatever was asked for") {
  ClusterAPI cluster = Local();
  const Outcome none = Run(cluster, "x = 1", Command::Form::kData);
  CHECK(none.ok());
  CHECK_FALSE(none.value().is_data());
  CHECK(none.value().text().empty());
  const Outcome raised = Run(cluster, "1/0", Command::Form::kData);
  CHECK(raised.kind == Outcome::Kind::kFailed);
  CHECK(raised.exception->type == "ZeroDivisionError");
}

TEST_CASE("a value of 64 MiB arrives whole, and is read where it lies") {
  ClusterAPI cluster = Local();
  const Outcome outcome =
      Run(cluster, "[1, b'0123456789abcdef' * (4 << 20), 2]", Command::Form::kData);
  REQUIRE(outcome.ok());
  std::vector<Value> items;
  for (const Value& item : outcome.value().items()) items.push_back(item);
  REQUIRE(items.size() == 3);
  const std::string_view bytes = *items[1].as_bytes();
  REQUIRE(bytes.size() == 64u << 20);
  CHECK(bytes.substr(bytes.size() - 16) == "0123456789abcdef");
  CHECK(*items[2].as_int() == 2);
}

TEST_CASE("output and a value as data keep out of each other's way") {
  ClusterAPI cluster = Local();
  muster::Call call =
      cluster.execute(1, muster::python("print('out')\n{'a': [1, 2.5]}", Command::Form::kData));
  std::string output;
  for (const muster::Event& event : call) output += event.data;
  CHECK(output == "out\n");
  CHECK(call.wait().value().text() == "{'a': [1, 2.5]}");
  CHECK(*(*call.wait().value().at("a")->items().begin()).as_int() == 1);
}
