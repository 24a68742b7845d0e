// Values of a real daemon as types of C++.
#include <ClusterAPI.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using Catch::Contains;
using muster::ClusterAPI;
using muster::Value;

namespace {

class Node {
 public:
  Node() : cluster_(ClusterAPI::local(1)) { REQUIRE(cluster_.ok()); }

  Value Get(const std::string& source) {
    const auto outcome =
        cluster_->execute(1, muster::python(source, muster::Command::Form::kData)).wait();
    INFO(source << ": " << outcome.describe());
    REQUIRE(outcome.ok());
    return outcome.value();
  }

  template <typename T>
  T As(const std::string& source) {
    muster::Result<T> made = Get(source).as<T>();
    INFO(source << ": " << made.status().message());
    REQUIRE(made.ok());
    return *std::move(made);
  }

  template <typename T>
  std::string WhyNot(const std::string& source) {
    const muster::Result<T> made = Get(source).as<T>();
    INFO(source);
    CHECK_FALSE(made.ok());
    CHECK(made.status().code() == muster::StatusCode::kInvalidArgument);
    return made.status().message();
  }

  ClusterAPI& cluster() { return *cluster_; }

 private:
  muster::Result<ClusterAPI> cluster_;
};

template <typename T>
void FitsExactly(Node& node) {
  const T least = std::numeric_limits<T>::min();
  const T most = std::numeric_limits<T>::max();
  CHECK(node.As<T>(std::to_string(least)) == least);
  CHECK(node.As<T>(std::to_string(most)) == most);
  const std::string range =
      "the value is an int, not one of " + std::to_string(least) + " to " + std::to_string(most);
  CHECK(node.WhyNot<T>(std::to_string(least) + "-1") == range);
  CHECK(node.WhyNot<T>(std::to_string(most) + "+1") == range);
  CHECK(node.WhyNot<T>("10**400") == range);
  CHECK(node.WhyNot<T>("-10**400") == range);
}

}  // namespace

TEST_CASE("an int becomes each integral type that it fits into") {
  Node node;
  FitsExactly<std::int8_t>(node);
  FitsExactly<std::uint8_t>(node);
  FitsExactly<std::int16_t>(node);
  FitsExactly<std::uint32_t>(node);
  FitsExactly<std::int64_t>(node);
  FitsExactly<std::uint64_t>(node);
  CHECK(node.As<int>("0") == 0);
  CHECK(node.As<bool>("1 < 2"));
  CHECK(node.As<Value::BigInt>("-2**70").is_negative);
  CHECK(node.WhyNot<int>("'1'") == "the value is a str, not an int");
  CHECK(node.WhyNot<int>("1.0") == "the value is a float, not an int");
  CHECK(node.WhyNot<int>("True") == "the value is a bool, not an int");
  CHECK(node.WhyNot<bool>("1") == "the value is an int, not a bool");
}

TEST_CASE("floats, text and bytes") {
  Node node;
  CHECK(node.As<double>("0.1") == 0.1);
  CHECK(node.As<double>("3") == 3.0);
  CHECK(std::isnan(node.As<double>("float('nan')")));
  CHECK(node.As<float>("1e300") == std::numeric_limits<float>::infinity());
  CHECK(node.As<std::string>("'gr\\u00fcn\\0'") == std::string("grün\0", 6));
  CHECK(node.As<std::string>("''").empty());
  const std::vector<std::byte> bytes = node.As<std::vector<std::byte>>("b'\\0\\xff'");
  CHECK(bytes == std::vector<std::byte>{std::byte{0}, std::byte{255}});
  CHECK(node.As<std::vector<std::byte>>("b''").empty());
  CHECK(node.WhyNot<std::string>("b'x'") == "the value is bytes, not a str");
  CHECK(node.WhyNot<std::vector<std::byte>>("[1, 2]") == "the value is a list, not bytes");
}

TEST_CASE("lists, tuples, dicts and None, in each other") {
  Node node;
  CHECK(node.As<std::vector<int>>("[1, 2, 3]") == std::vector<int>{1, 2, 3});
  CHECK(node.As<std::vector<int>>("(1, 2)") == std::vector<int>{1, 2});
  CHECK(node.As<std::vector<int>>("[]").empty());
  CHECK(node.As<std::vector<bool>>("[True, False]") == std::vector<bool>{true, false});
  const auto rows = node.As<std::map<std::string, std::vector<std::pair<int, double>>>>(
      "{'a': [(1, 0.5), [2, 1]], 'b': ()}");
  CHECK(rows.at("a") == std::vector<std::pair<int, double>>{{1, 0.5}, {2, 1.0}});
  CHECK(rows.at("b").empty());
  CHECK(node.As<std::unordered_map<int, std::string>>("{7: 'x'}").at(7) == "x");
  const auto mixed = node.As<std::tuple<int, std::string, std::optional<double>>>("1, 'x', None");
  CHECK(mixed == std::tuple<int, std::string, std::optional<double>>(1, "x", std::nullopt));
  CHECK(node.As<std::optional<int>>("5") == 5);
  CHECK(node.As<std::vector<Value>>("[1, 'x']")[1].as<std::string>().value() == "x");

  CHECK(node.WhyNot<std::vector<int>>("[1, 2, 'x']") == "item 2: the value is a str, not an int");
  CHECK(node.WhyNot<std::vector<int>>("5") == "the value is an int, not a list or tuple");
  CHECK(node.WhyNot<std::vector<std::vector<int>>>("[[1], [2, None]]") ==
        "item 1: item 1: the value is None, not an int");
  CHECK(node.WhyNot<std::map<std::string, int>>("{'a': 1, 'b': 'x'}") ==
        "the item of 'b': the value is a str, not an int");
  CHECK(node.WhyNot<std::map<std::string, int>>("{5: 1}") ==
        "the key 5: the value is an int, not a str");
  CHECK(node.WhyNot<std::pair<int, int>>("1, 2, 3") ==
        "the value is a tuple, not a list or tuple of 2 items");
  CHECK(node.WhyNot<std::pair<int, int>>("1, 'x'") == "item 1: the value is a str, not an int");
}

TEST_CASE("an array of numpy becomes a vector of its own type") {
  Node node;
  const std::string numpy = "import numpy\n";
  CHECK(node.As<std::vector<double>>(numpy + "numpy.array([0.5, 1.5])") ==
        std::vector<double>{0.5, 1.5});
  CHECK(node.As<std::vector<std::int32_t>>(numpy + "numpy.arange(4, dtype='int32')[::-2]") ==
        std::vector<std::int32_t>{3, 1});
  CHECK(node.As<std::vector<std::uint8_t>>(numpy + "numpy.zeros(0, dtype='uint8')").empty());
  CHECK(node.WhyNot<std::vector<float>>(numpy + "numpy.array([0.5])") ==
        "the value is an array, not one of float32 and 1-D");
  CHECK(node.WhyNot<std::vector<double>>(numpy + "numpy.zeros((2, 2))") ==
        "the value is an array, not one of float64 and 1-D");
  CHECK(node.As<Value::Array>(numpy + "numpy.zeros((2, 3))").shape ==
        std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("a value that came as text says how to ask for data") {
  Node node;
  const auto made = node.cluster().execute(1, "1+1").wait().value().as<int>();
  REQUIRE_FALSE(made.ok());
  CHECK_THAT(made.status().message(), Contains("the value is text, not an int") &&
                                          Contains("muster::python(source, muster::Command::Form"));
}
