// A target as anybody may have written it, and a node set: what is read can be looked up and
// folded, and what is folded is the same set again.
#include <cstdint>
#include <string>
#include <vector>

#include "common/node_set.h"
#include "common/target_evaluation.h"
#include "common/target_expression.h"
#include "tests/fuzz/require.h"

using muster::Attribute;
using muster::AttributeValue;
using muster::MarkedText;
using muster::NodeSet;
using muster::TargetExpression;
using muster::test::Require;

namespace {

// n1-n9, r1n01-r2n02; the group of every name is the name itself, so that they may be in each
// other.
class FuzzedNodes : public muster::KnownNodes {
 public:
  FuzzedNodes() {
    for (int i = 1; i <= 9; ++i) names_.push_back("n" + std::to_string(i));
    for (const char* name : {"r1n01", "r1n02", "r2n01", "r2n02"}) names_.emplace_back(name);
  }
  std::size_t size() const override { return names_.size(); }
  const std::string& NameOf(std::size_t place) const override { return names_[place]; }
  std::size_t Find(absl::string_view name) const override {
    std::size_t place = 0;
    while (place < size() && names_[place] != name) ++place;
    return place;
  }
  absl::StatusOr<std::vector<AttributeValue>> ValuesOf(
      const Attribute& attribute, const std::vector<std::size_t>& places) override {
    Require(!places.empty(), "nobody is asked for nothing");
    std::vector<AttributeValue> values;
    for (const std::size_t place : places) {
      Require(place < size(), "only nodes that there are");
      values.push_back({{attribute.name, names_[place]}, static_cast<double>(place)});
    }
    return values;
  }
  absl::StatusOr<MarkedText> FindGroup(const std::string& source,
                                       const std::string& name) override {
    if (name.size() > 20) return absl::NotFoundError("no such group");
    return MarkedText("group", source.empty() ? name : "@" + name + ",n1!@" + name + "x");
  }
  absl::StatusOr<std::vector<std::string>> GroupNames(const std::string&) override {
    return std::vector<std::string>{"n1", "r1n01", "n9!n9"};
  }

 private:
  std::vector<std::string> names_;
};

void Check(const NodeSet& set) {
  const std::string folded = set.Fold();
  const auto again = NodeSet::Parse(folded);
  Require(again.ok() && *again == set, "what is folded is the same set");
  Require(again->Fold() == folded, "folding has a fixed point");
}

void CheckComplaint(const absl::Status& status) {
  const std::string message(status.message());
  Require(!message.empty() && message.size() < 4096, "a complaint says something, in few words");
  for (const char c : message) {
    Require(static_cast<unsigned char>(c) >= ' ' || c == '\n', "a complaint is for a terminal");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Large sets are the unit test's business.
  const auto set = NodeSet::Parse(text);
  if (set.ok() && set->size() < 10000) Check(*set);
  if (!set.ok()) CheckComplaint(set.status());
  Require(muster::EndOfTarget(text) <= text.size(), "a target ends in its line");

  const auto target = TargetExpression::Parse(MarkedText("target", text));
  if (!target.ok()) {
    CheckComplaint(target.status());
    return 0;
  }
  FuzzedNodes nodes;
  const auto places = muster::EvaluateTarget(*target, nodes);
  if (!places.ok()) {
    CheckComplaint(places.status());
    return 0;
  }
  Require(!places->empty(), "no node is an error");
  std::vector<std::string> names;
  for (const std::size_t place : *places) names.push_back(nodes.NameOf(place));
  const NodeSet meant(names);
  Require(meant.size() == names.size(), "each node once");
  Check(meant);
  return 0;
}
