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

// A line of ASCII as a literal.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
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
  std::string checks;
  const auto send_checks = [&] {
    const Outcome outcome = Run(cluster, "wrong = []\n" + checks + "wrong");
    INFO(outcome.describe());
    CHECK(outcome.value().text() == "[]");
    checks.clear();
  };
  const auto check = [&](const std::string& expression, const Value& value) {
    const std::string text = Quoted(value.text());
    if (text.size() > 1u << 20) return;  // it may not fit into a source
    if (text.size() + checks.size() > 2u << 20) send_checks();
    checks += "if not is_literal(" + text + ", " + expression + "):\n    wrong.append(" +
              Quoted(expression) + ")\n";
  };
  // As many as may in one list: each call is a process.
  std::vector<std::string> in_list;
  std::string list;
  for (const std::string& expression : expressions) {
    if (expression.find("nested(100") == std::string::npos) {
      in_list.push_back(expression);
      list += expression + ",\n";
      continue;
    }
    INFO(expression);
    const Outcome outcome = Run(cluster, expression, Command::Form::kData);
    REQUIRE(outcome.value().is_data());
    check(expression, outcome.value());
  }
  const Outcome outcome = Run(cluster, "[" + list + "]", Command::Form::kData);
  INFO(outcome.describe());
  REQUIRE(outcome.value().size() == in_list.size());
  auto expression = in_list.begin();
  for (const Value& value : outcome.value().items()) check(*expression++, value);
  send_checks();
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
