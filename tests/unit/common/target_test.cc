// The whole grammar of targets, over nodes that were made up.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/node_set.h"
#include "common/target_evaluation.h"
#include "common/target_expression.h"

using muster::Attribute;
using muster::AttributeKey;
using muster::AttributeValue;
using muster::EvaluateTarget;
using muster::MarkedText;
using muster::TargetExpression;

namespace {

struct MadeUp {
  std::string name;
  std::string state;
  double cores;
  double memory;  // GiB
  double load;
  std::string python;
  std::vector<std::string> tags;
};

// n1-n4 (n4 is down), gpu1-gpu2, r1n01-r2n02.
const std::vector<MadeUp>& Cluster() {
  static const auto* const kNodes = new std::vector<MadeUp>{
      {"n1", "running", 4, 8, 0.5, "3.9.2", {"env:prod", "app:web"}},
      {"n2", "running", 8, 16, 1.5, "3.11.2", {"env:prod"}},
      {"n3", "draining", 16, 32, 0, "3.11.2", {"env:dev"}},
      {"n4", "down", 0, 0, 0, "", {}},
      {"gpu1", "running", 64, 256, 12, "3.12.0rc1", {"env:prod", "a,b c*d"}},
      {"gpu2", "running", 64, 512, 0, "3.12.1", {"env:test"}},
      {"r1n01", "running", 2, 2, 0, "3.11.2", {}},
      {"r1n02", "running", 2, 2, 0, "3.11.2", {}},
      {"r2n01", "running", 2, 2, 0, "3.11.2", {}},
      {"r2n02", "running", 2, 2, 0, "3.11.2", {}},
  };
  return *kNodes;
}

class MadeUpNodes : public muster::KnownNodes {
 public:
  std::size_t size() const override { return Cluster().size(); }
  const std::string& NameOf(std::size_t place) const override { return Cluster()[place].name; }
  std::size_t Find(absl::string_view name) const override {
    std::size_t place = 0;
    while (place < size() && NameOf(place) != name) ++place;
    return place;
  }
  absl::StatusOr<std::vector<AttributeValue>> ValuesOf(
      const Attribute& attribute, const std::vector<std::size_t>& places) override {
    std::vector<AttributeValue> values;
    for (const std::size_t place : places) {
      const MadeUp& node = Cluster()[place];
      if (attribute.asks_node) asked.insert(node.name);
      if (node.state == "down" && attribute.asks_node && attribute.key != AttributeKey::kState) {
        return absl::UnavailableError(absl::StrCat(node.name, " does not answer"));
      }
      values.push_back(ValueOf(attribute.key, node));
    }
    return values;
  }
  absl::StatusOr<MarkedText> FindGroup(const std::string& source,
                                       const std::string& name) override {
    ++lookups;
    const auto group = Groups().find(absl::StrCat(source, ":", name));
    if (group == Groups().end()) return absl::NotFoundError(absl::StrCat("no group ", name));
    return MarkedText(absl::StrCat("group @", name), group->second);
  }
  absl::StatusOr<std::vector<std::string>> GroupNames(const std::string& source) override {
    std::vector<std::string> names;
    for (const auto& [key, text] : Groups()) {
      if (absl::StartsWith(key, source + ":g")) names.push_back(key.substr(source.size() + 1));
    }
    return names;
  }

  std::set<std::string> asked;
  int lookups = 0;

 private:
  static AttributeValue ValueOf(AttributeKey key, const MadeUp& node) {
    switch (key) {
      case AttributeKey::kAddress:
        return {{"ssh:" + node.name}};
      case AttributeKey::kCluster:
        return {{"lab"}};
      case AttributeKey::kCores:
        return {{}, node.cores};
      case AttributeKey::kIp:
        return {{"127.0.0.1", "192.0.2." + node.name.substr(node.name.size() - 1)}};
      case AttributeKey::kKind:
        return {{"compute"}};
      case AttributeKey::kLoad:
        return {{}, node.load};
      case AttributeKey::kMemory:
        return {{}, node.memory * 1024 * 1024 * 1024};
      case AttributeKey::kName:
        return {{node.name}};
      case AttributeKey::kOs:
        return {{"debian-12"}};
      case AttributeKey::kPython:
        return {{node.python}};
      case AttributeKey::kState:
        return {{node.state}};
      case AttributeKey::kTags:
        return {node.tags};
    }
    return {};
  }

  static const std::map<std::string, std::string>& Groups() {
    static const auto* const kGroups = new std::map<std::string, std::string>{
        {":gpu", "gpu[1-2]"},      {":good", "*!@gpu"},  {":grack1", "r1n[01-02]"},
        {":grack2", "r2n[01-02]"}, {":gempty", "  "},    {":loop", "n1,@pool"},
        {":pool", "@loop"},        {":wrong", "n1,,n2"}, {":gone", "n1,n9"},
        {"slurm:g1", "n1,n2"},     {"slurm:g2", "n3"},   {":e0", "n1,n2,n3"},
    };
    // Each means the one before it twice: 2^30 looks, were they not kept.
    static auto* const all = new std::map<std::string, std::string>(*kGroups);
    for (int i = 1; i <= 30 && all->size() < 42; ++i) {
      (*all)[absl::StrCat(":e", i)] = absl::StrCat("@e", i - 1, ",@e", i - 1);
    }
    for (int i = 0; i < 100; ++i) (*all)[absl::StrCat(":d", i)] = absl::StrCat("@d", i + 1);
    return *all;
  }
};

// The names in their order.
absl::StatusOr<std::vector<std::string>> Meant(const std::string& target, MadeUpNodes& nodes) {
  const auto expression = TargetExpression::Parse(MarkedText("target", target));
  if (!expression.ok()) return expression.status();
  const auto places = EvaluateTarget(*expression, nodes);
  if (!places.ok()) return places.status();
  std::vector<std::string> names;
  for (const std::size_t place : *places) names.push_back(nodes.NameOf(place));
  return names;
}

struct Case {
  std::string target;
  std::string meant;  // folded
};

struct Mistake {
  std::string target;
  absl::StatusCode code;
  std::string words;
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

}  // namespace

TEST_CASE("a target means the nodes that it says") {
  const std::vector<Case> cases = {
      // Indices.
      {"2", "n2"},
      {"1,3", "n[1,3]"},
      {"1-3", "n[1-3]"},
      {"1-5/2", "gpu1,n[1,3]"},
      {"[1-3,5]", "gpu1,n[1-3]"},
      {"01", "n1"},
      // Names, globs, node sets.
      {"n1", "n1"},
      {"*", "gpu[1-2],n[1-4],r[1-2]n[01-02]"},
      {"n?", "n[1-4]"},
      {"*n01", "r[1-2]n01"},
      {"gpu*", "gpu[1-2]"},
      {"n[1-3,4]", "n[1-4]"},
      {"r[1-2]n[01-02]", "r[1-2]n[01-02]"},
      {"n[1-4/3]", "n[1,4]"},
      {"r[1-2]*", "r[1-2]n[01-02]"},
      {" n1 , n2\n", "n[1-2]"},
      // Operators, from left to right.
      {"n1,n2", "n[1-2]"},
      {"*!n*", "gpu[1-2],r[1-2]n[01-02]"},
      {"n*,!n3", "n[1-2,4]"},
      {"n* , ! n3", "n[1-2,4]"},
      {"n*&*1", "n1"},
      {"n*,&*1", "n1"},
      {"n[1-3]^n[3-4]", "n[1-2,4]"},
      {"n*!n1,n1", "n[1-4]"},
      {"n1,n2&n2,n3", "n[2-3]"},
      {"n1!n1,n2", "n2"},
      {"n1,n2^n2^n2", "n[1-2]"},
      // Attributes.
      {"state=running&n*", "n[1-2]"},
      {"state!=running", "n[3-4]"},
      {"state=d*", "n[3-4]"},
      {"name=gpu?", "gpu[1-2]"},
      {"name!=*n*&name!=gpu1", "gpu2"},
      {"address=ssh:n*", "n[1-4]"},
      {"cluster=lab&n1", "n1"},
      {"n1,n2&ip=192.0.2.1", "n1"},
      {"n1,n2&ip!=192.0.2.1", "n2"},
      {"n[1-3]&os=debian*", "n[1-3]"},
      {"*!n4&cores>=16", "gpu[1-2],n3"},
      {"*!n4&cores>16", "gpu[1-2]"},
      {"*!n4&cores<=4&cores!=2", "n1"},
      {"*!n4&cores=8", "n2"},
      {"*!n4&memory>16G", "gpu[1-2],n3"},
      {"*!n4&memory=512G", "gpu2"},
      {"*!n4&memory<2.5g", "r[1-2]n[01-02]"},
      {"n[1-3]&load<1", "n[1,3]"},
      {"gpu*&load >= 12", "gpu1"},
      {"*!n4&python<3.11", "n1"},
      {"*!n4&python>=3.12", "gpu[1-2]"},
      {"*!n4&python=3.9*", "n1"},
      {"tags=env:prod", "gpu1,n[1-2]"},
      {"tags=env:*", "gpu[1-2],n[1-3]"},
      {"tags!=env:*", "n4,r[1-2]n[01-02]"},
      {"tags=env:prod&tags=app:web", "n1"},
      {"tags=\"a,b c\\*d\"", "gpu1"},
      {"tags='a,b c*d'", "gpu1"},
      {"tags=a\\,b\\ c\\*d", "gpu1"},
      {"tags=a?b*", "gpu1"},
      // What an attribute says may be none, but for a union.
      {"n1!load>100", "n1"},
      {"n[1-3]^tags=x", "n[1-3]"},
      // Groups.
      {"@gpu", "gpu[1-2]"},
      {"@good&n*", "n[1-4]"},
      {"*!@gpu!@grack[1-2]", "n[1-4]"},
      {"@grack*", "r[1-2]n[01-02]"},
      {"@slurm:g1", "n[1-2]"},
      {"@slurm:*", "n[1-3]"},
      {"@slurm:g[1-2]", "n[1-3]"},
      {"n1!@gempty", "n1"},
      {"@e30", "n[1-3]"},
  };
  for (const Case& test : cases) {
    MadeUpNodes nodes;
    const auto meant = Meant(test.target, nodes);
    INFO(test.target << ": " << meant.status().message());
    REQUIRE(meant.ok());
    CHECK(muster::Fold(*meant) == test.meant);
    CHECK(std::set<std::string>(meant->begin(), meant->end()).size() == meant->size());
  }
}

TEST_CASE("nodes come in the order in which the terms name them") {
  MadeUpNodes nodes;
  using Names = std::vector<std::string>;
  CHECK(*Meant("3,1", nodes) == Names{"n3", "n1"});
  CHECK(*Meant("n2,1-4,n2,n*", nodes) == Names{"n2", "n1", "n3", "n4"});
  CHECK(*Meant("gpu[2,1],n1", nodes) == Names{"gpu2", "gpu1", "n1"});
  CHECK(*Meant("n1,n2,n3!n1,n1", nodes) == Names{"n2", "n3", "n1"});
  CHECK(*Meant("n3,n1,n2&n[1-3]", nodes) == Names{"n3", "n1", "n2"});
}

TEST_CASE("a target that is wrong, or means no node, is an error and never all nodes") {
  const std::vector<Mistake> mistakes = {
      {"", kInvalid, "expected an index, the name of a node, an attribute or a group here"},
      {",", kInvalid, "expected an index"},
      {"n1,", kInvalid, "expected an index"},
      {",n1", kInvalid, "expected an index"},
      {"n1,,n2", kInvalid, "expected an index"},
      {"!n1", kInvalid, "all but some is *!some\n  !n1\n  ^"},
      {"n1!", kInvalid, "expected an index"},
      {"n1&^n2", kInvalid, "expected an index"},
      {"n1 n2", kInvalid, "expected one of , ! & ^ or the end\n  n1 n2\n     ^"},
      {"n[1-3", kInvalid, "this [ is not closed"},
      {"n1;n2", kInvalid, "expected a letter"},
      {"(n1)", kInvalid, "expected a letter"},
      {"3-1", kInvalid, "the range 3-1 runs backwards"},
      {"1-", kInvalid, "expected a number"},
      {"1-2-3", kInvalid, "expected a - with a number"},
      {"n[1-9999999999]", kInvalid, "more than 1000000 names at once"},
      {"[1-99999][1-99999]", kInvalid, "more than 1000000 names at once"},
      {"0", kNotFound, "'0' names no node; valid here: 1-10, gpu[1-2],n[1-4],r[1-2]n[01-02] or *"},
      {"11", kNotFound, "'11' names no node"},
      {"1-11", kNotFound, "'1-11' names no node (11)"},
      {"99999999999999999999", kInvalid, "at most 18 digits"},
      {"n9", kNotFound, "'n9' names no node"},
      {"N1", kNotFound, "'N1' names no node"},
      {"3rd", kNotFound, "'3rd' names no node"},
      {"-n1", kNotFound, "'-n1' names no node"},
      {"x*", kNotFound, "'x*' names no node"},
      {"n[3-5]", kNotFound, "'n[3-5]' names no node (n5)"},
      {"n01", kNotFound, "'n01' names no node"},
      {"n1,n9", kNotFound, "'n9' names no node"},
      // Whoever takes somebody away means him.
      {"*!n9", kNotFound, "'n9' names no node"},
      {"*!wroker*", kNotFound, "'wroker*' names no node"},
      {"n1!n1", kNotFound, "no node is left"},
      {"n1&n2", kNotFound, "no node is left"},
      {"n1&state=down", kNotFound, "no node is left"},
      {"cluster=lba", kNotFound, "no node matches 'cluster=lba'"},
      {"n1,tags=env:x", kNotFound, "no node matches 'tags=env:x'"},
      {"n1,!cores>9000!n1", kNotFound, "no node is left"},
      {"colour=red", kInvalid,
       "no attribute \"colour\" is known; there are address, cluster, cores, ip, kind, load, "
       "memory, "
       "name, os, python, state, tags\n  colour=red\n  ^"},
      {"n1,corse>1", kInvalid, "did you mean cores?"},
      {"state=", kInvalid, "expected what state is to be: running, draining, down"},
      {"state=runing", kInvalid, "\"runing\" is no state; valid here: running, draining, down"},
      {"state>up", kInvalid, "state is text, and can be compared by = and != only"},
      {"cores>many", kInvalid, "\"many\" is no cores; valid here: a number, as 8"},
      {"cores=8*", kInvalid, "\"8*\" is no cores"},
      {"memory>16X", kInvalid, "\"16X\" is no memory; valid here: a size, as 16G"},
      {"load<-1", kInvalid, "\"-1\" is no load"},
      {"load<nan", kInvalid, "\"nan\" is no load"},
      {"load<1e999", kInvalid, "is no load"},
      {"python>3.x", kInvalid, "is no python"},
      {"tags='env", kInvalid, "this quote is not closed\n  tags='env\n       ^"},
      {"tags=env\\", kInvalid, "expected a character behind this \\"},
      {"@", kInvalid, "expected the name of a group"},
      {"@:x", kInvalid, "expected the name of a source"},
      {"@nobody", kNotFound, "no group nobody"},
      {"@x*", kNotFound, "no group is named 'x*'"},
      {"@gempty", kNotFound, "no node matches '@gempty'"},
      {"@loop", kInvalid, "the group contains itself: @loop → @pool → @loop"},
      {"@d0", kInvalid, "groups in groups are too deep"},
      {"@wrong", kInvalid, "group @wrong 'n1,,n2': expected an index"},
      {"@gone", kNotFound, "group @gone 'n1,n9': 'n9' names no node"},
      {"\x1b[2J", kInvalid, "expected a letter"},
      {std::string("n1\0", 3), kInvalid, "expected a letter"},
      {"cores>=1", absl::StatusCode::kUnavailable, "n4 does not answer\n  cores>=1\n  ^"},
  };
  for (const Mistake& mistake : mistakes) {
    MadeUpNodes nodes;
    const auto meant = Meant(mistake.target, nodes);
    INFO(mistake.target << ": " << meant.status().message());
    CHECK(meant.status().code() == mistake.code);
    CHECK(absl::StrContains(std::string(meant.status().message()), mistake.words));
    CHECK_FALSE(absl::StrContains(std::string(meant.status().message()), "\x1b"));
  }
}

TEST_CASE("nodes are asked only for what only they know, and only those that it is about") {
  MadeUpNodes nodes;
  REQUIRE(Meant("n1,gpu*!tags=env:x&name=*&@good,1-3", nodes).ok());
  CHECK(nodes.asked.empty());
  REQUIRE(Meant("n[1-2]&cores>1", nodes).ok());
  CHECK(nodes.asked == std::set<std::string>{"n1", "n2"});
  CHECK(Meant("n1!n1&load>1", nodes).status().code() == kNotFound);
  CHECK(nodes.asked.size() == 2);
  // Those that are down are left out before they are asked for more.
  CHECK(Meant("state=running&cores>=64", nodes)->size() == 2);
}

TEST_CASE("a target cannot keep anybody busy") {
  MadeUpNodes nodes;
  std::string many = "n1";
  for (int i = 0; i < 60; ++i) many += ",n[1-900000]";
  CHECK(Meant(many, nodes).status().code() == kNotFound);  // at the first one
  many = "*";
  for (int i = 0; i < 40000; ++i) many += ",n*&*";
  CHECK(Meant(many, nodes).ok());
  many = "n1";
  for (int i = 0; i < 100; ++i) many += ",[1-1000000/999999]";
  CHECK(Meant(many, nodes).status().code() == kNotFound);
  const std::string long_text(5u << 20, 'n');
  CHECK(absl::StrContains(std::string(Meant(long_text, nodes).status().message()), "4194304"));
  nodes.lookups = 0;
  REQUIRE(Meant("@e30,@e30,@e29", nodes).ok());
  CHECK(nodes.lookups == 31);
}

TEST_CASE("a long target is shown around the mistake") {
  std::string target = "n1";
  for (int i = 0; i < 1000; ++i) target += ",n1";
  target += ",n1;n2,";
  for (int i = 0; i < 1000; ++i) target += "n1,";
  MadeUpNodes nodes;
  const std::string message(Meant(target, nodes).status().message());
  INFO(message);
  CHECK(message.size() < 500);
  CHECK(absl::StrContains(message, "…"));
  CHECK(absl::StrContains(message, "n1;n2"));
}
