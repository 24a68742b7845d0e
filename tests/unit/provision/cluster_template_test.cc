#include "provision/cluster_template.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using Catch::Contains;
using muster::ConfigFile;
using muster::provision::ClusterTemplate;
using muster::provision::MakeCluster;
using muster::provision::ParseNodeCounts;
using muster::provision::ReadTemplates;

namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/muster-test-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  absl::StatusOr<std::vector<ClusterTemplate>> Read(const std::string& text) const {
    const std::string path = path_ + "/cluster.conf";
    std::ofstream(path) << text;
    const auto file = ConfigFile::Load(path);
    if (!file.ok()) return file.status();
    return ReadTemplates(*file);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ErrorOf(const std::string& text) {
  const Folder folder;
  return std::string(folder.Read(text).status().message());
}

}  // namespace

TEST_CASE("a template has kinds in the order of the file, a provider and a setup") {
  const Folder folder;
  const auto read = folder.Read(
      "[provider here]\ntype = local\nworkers = 2\n[setup tools]\nscripts = setup.d\n"
      "[cluster lab]\nnodes = n1=unix:/1\n"
      "[cluster base1]\nprovider = here\nsetup = tools\nnodes.frontend = 1\nnodes.compute = 3\n"
      "min_nodes.compute = 2\ngroups.compute = base, worker\nimage.compute = ami-1\n"
      "flavor.compute = m1.tiny\nstart_timeout = 2m\non_timeout = keep\nplugins = b, a\n"
      "key_name = k\n[plugin a]\nsetup_class = m.A\n[plugin b]\nsetup_class = m.B\n");
  INFO(read.status());
  REQUIRE(read.ok());
  REQUIRE(read->size() == 1);
  const ClusterTemplate& base = read->front();
  CHECK(base.name == "base1");
  CHECK(base.origin == folder.path() + "/cluster.conf:8");
  CHECK(base.record.provider.type == "local");
  CHECK(base.record.provider.settings.at("workers") == "2");
  CHECK(base.record.setup.type == "script");
  CHECK(base.record.setup.settings.at("scripts") == folder.path() + "/setup.d");
  REQUIRE(base.nodes.size() == 2);
  CHECK(base.nodes[0].second.kind == "frontend");
  CHECK(base.nodes[1].second.image_id == "ami-1");
  const auto cluster = MakeCluster(base, "mine", {});
  REQUIRE(cluster.ok());
  CHECK(cluster->name == "mine");
  CHECK(cluster->template_name == "base1");
  REQUIRE(cluster->nodes.size() == 4);
  CHECK(cluster->nodes[0].name == "frontend001");
  CHECK(cluster->nodes[3].name == "compute003");
  CHECK(cluster->nodes[3].flavor == "m1.tiny");
  CHECK(cluster->min_nodes.at("compute") == 2);
  CHECK(cluster->groups.at("compute") == std::vector<std::string>{"base", "worker"});
  CHECK(cluster->start_timeout == 120);
  CHECK(cluster->keeps_on_timeout);
  CHECK(cluster->key_name == "k");
  REQUIRE(base.plugins.plugins.size() == 2);
  CHECK(base.plugins.plugins[0].name == "b");
  CHECK(base.plugins.plugins[1].name == "a");
}

TEST_CASE("the provider local needs no section, and is the one of a template without any") {
  const Folder folder;
  const auto read =
      folder.Read("[cluster a]\nnodes.x = 1\n[cluster b]\nprovider = local\nnodes.x = 0\n");
  REQUIRE(read.ok());
  CHECK((*read)[0].record.provider.type == "local");
  CHECK((*read)[1].record.provider.type == "local");
  CHECK(MakeCluster((*read)[1], "b", {})->nodes.empty());
}

TEST_CASE("what extends has the keys of the other, and its own go before them") {
  const Folder folder;
  const auto read = folder.Read(
      "[cluster big]\nextends = small\nnodes.compute = 9\nnodes.extra = 1\n"
      "[cluster small]\nprovider = local\nnodes.front = 1\nnodes.compute = 2\nstart_timeout = 7\n");
  INFO(read.status());
  REQUIRE(read.ok());
  const ClusterTemplate& big = read->front();
  REQUIRE(big.nodes.size() == 3);
  CHECK(big.nodes[0].second.kind == "front");
  CHECK(big.nodes[1].first == 9);
  CHECK(big.nodes[2].second.kind == "extra");
  CHECK(big.record.start_timeout == 7);
}

TEST_CASE("numbers of nodes go before those of the template") {
  const Folder folder;
  const auto read =
      folder.Read("[cluster a]\nnodes.front = 1\nnodes.compute = 3\nmin_nodes.compute = 3\n");
  REQUIRE(read.ok());
  const auto counts = ParseNodeCounts("1:compute");
  REQUIRE(counts.ok());
  const auto made = MakeCluster(read->front(), "a", *counts);
  REQUIRE(made.ok());
  CHECK(made->nodes.size() == 2);
  CHECK(made->min_nodes.at("compute") == 1);  // more cannot live
  CHECK_THAT(
      std::string(MakeCluster(read->front(), "a", *ParseNodeCounts("1:comput")).status().message()),
      Contains("has no kind 'comput'; valid here: front, compute; did you mean compute?"));
  CHECK_THAT(std::string(MakeCluster(read->front(), "a", *ParseNodeCounts("4")).status().message()),
             Contains("several kinds"));
  CHECK_THAT(std::string(MakeCluster(read->front(), "a b", {}).status().message()),
             Contains("a b"));
  for (const char* wrong : {"", "x", "-1:a", "1:", "1:A", "1:a,2:a", "1:a9"}) {
    INFO(wrong);
    CHECK(!ParseNodeCounts(wrong).ok());
  }
}

TEST_CASE("a class of Python has arguments in one form, whatever the template has") {
  const Folder folder;
  std::ofstream(folder.path() + "/rack.py") << "class Rack:\n  pass\n";
  const std::vector<std::pair<std::string, std::string>> forms = {
      {"", "[[], {}]"},
      {"arguments = [\"a\", 2]\n", R"([["a",2],{}])"},
      {"arguments = {\"folder\": \"a\"}\n", R"([[],{"folder":"a"}])"},
      {"arguments = []\n", "[[],{}]"},
      {"arguments = [[\"a\"], {\"b\": 1}]\n", R"([["a"], {"b": 1}])"},
  };
  for (const auto& [line, form] : forms) {
    INFO(line);
    const auto read =
        folder.Read("[provider p]\ntype = python\nclass = rack:Rack\npath = rack.py\n" + line +
                    "[cluster a]\nprovider = p\nnodes.x = 1\n");
    INFO(read.status());
    REQUIRE(read.ok());
    CHECK(read->front().record.provider.settings.at("arguments") == form);
  }
}

TEST_CASE("a class of Python that cannot be is told with file and line") {
  const Folder folder;
  std::ofstream(folder.path() + "/rack.py") << "import os\nclass Rack:\n  pass\n";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"class = rack.Rack\npath = rack.py\n", ":3: [provider p]: \"rack.Rack\" is no class = "},
      {"class = rack:Rack\npath = rak.py\n", ":4: [provider p]: there is no file /"},
      {"class = rack:Rak\npath = rack.py\n", ":3: [provider p]: there is no class Rak in "},
      {"class = rack:Rak\npath = rack.py\n", "; there is: Rack; did you mean Rack?"},
      {"class = rack:Rack\npath = rack.py\narguments = machines\n",
       ":5: [provider p]: arguments of rack:Rack are JSON, as "},
      {"class = rack:Rack\npath = rack.py\narguments = 5\n", "this is not: 5"},
  };
  for (const auto& [lines, words] : mistakes) {
    INFO(lines);
    const auto read = folder.Read("[provider p]\ntype = python\n" + lines +
                                  "[cluster a]\nprovider = p\nnodes.x = 1\n");
    CHECK(absl::IsInvalidArgument(read.status()));
    CHECK_THAT(std::string(read.status().message()), Contains(words));
  }
}

TEST_CASE("mistakes in a template are told with file, line and what is valid") {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"[cluster a]\nprovider = here\nnodes.x = 1\n",
       ":2: there is no [provider here]; valid here: local"},
      {"[provider here]\ntype = local\n[cluster a]\nprovider = hare\nnodes.x = 1\n",
       ":4: there is no [provider hare]; valid here: here, local; did you mean here?"},
      {"[provider p]\ntype = lokal\n[cluster a]\nprovider = p\nnodes.x = 1\n",
       ":2: there is no provider 'lokal'; valid: local, ssh, python; did you mean local?"},
      {"[provider p]\nworkers = 1\n[cluster a]\nprovider = p\nnodes.x = 1\n",
       ":1: [provider p] has no type; valid: local, ssh, python"},
      {"[provider p]\ntype = gce\n[cluster a]\nprovider = p\nnodes.x = 1\n", "comes later"},
      {"[provider p]\ntype = local\nworkerz = 1\n[cluster a]\nprovider = p\nnodes.x = 1\n",
       ":3: no key \"workerz\" is known of a provider of type local; valid here: type, "},
      {"[provider p]\ntype = python\npath = x\n[cluster a]\nprovider = p\nnodes.x = 1\n",
       ":1: [provider p] of type python needs class = module:Class"},
      {"[cluster a]\nsetup = s\nnodes.x = 1\n", ":2: there is no [setup s]; write one"},
      {"[setup s]\nscript = x\n[cluster a]\nsetup = s\nnodes.x = 1\n", "did you mean scripts?"},
      {"[setup s]\ntype = ansible\n[cluster a]\nsetup = s\nnodes.x = 1\n",
       ":2: the setup 'ansible' comes later"},
      {"[cluster a]\nprovider = local\n", ":1: [cluster a] has no nodes; write nodes.KIND = 3"},
      {"[cluster a]\nnodes.x = many\n", ":2: \"many\" is no number of nodes; valid here: 0 to"},
      {"[cluster a]\nnodes.X = 1\n", ":2: "},
      {"[cluster a]\nnodes. = 1\n", ":2: no key \"nodes.\" is known"},
      {"[cluster a]\nnodes.x = 1\nmin_nodes.x = 2\n",
       ":3: min_nodes.x = 2, but nodes.x = 1: more would have to live than there are"},
      {"[cluster a]\nnodes.compute = 1\ngroups.comput = b\n",
       ":3: there is no nodes.comput; valid kinds here: compute; did you mean compute?"},
      {"[cluster a]\nnodes.x = 1\nstart_timeout = soon\n", ":3: "},
      {"[cluster a]\nnodes.x = 1\nstart_timeout = 0\n", ":3: start_timeout is 1s to 168h"},
      {"[cluster a]\nnodes.x = 1\non_timeout = stopp\n",
       "valid here: stop, keep; did you mean stop?"},
      {"[cluster a]\nextends = b\n",
       ":2: there is no template [cluster b] to extend; valid here: a"},
      {"[cluster a]\nextends = b\n[cluster b]\nnodes = n1=unix:/1\n", "(that one lists its nodes)"},
      {"[cluster a]\nextends = b\n[cluster b]\nextends = c\n[cluster c]\nextends = a\n",
       "extends itself, by way of "},
      {"[cluster a]\nextends = a\n", ":2: [cluster a] extends itself"},
      {"[cluster a]\nnode.x = 1\n",
       "no key \"node.x\" is known in [cluster a]; valid here: nodes, trust, extends"},
  };
  for (const auto& [text, words] : mistakes) {
    INFO(text);
    CHECK_THAT(ErrorOf(text), Contains(words));
  }
}
