// Setup by scripts, on real nodes: in order, in parallel, once.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "provision/cluster.h"
#include "provision/local_provider.h"
#include "provision/script_setup.h"
#include "tests/integration/state_home.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::test::ReadFile;
using muster::test::StateHome;
namespace fs = std::filesystem;
namespace mp = muster::provision;

namespace {

void WriteScript(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
  fs::permissions(path, fs::perms::owner_all);
}

class Lab {
 public:
  Lab() : scripts_(home_.path() + "/scripts") {
    fs::create_directories(scripts_);
    auto provider = mp::MakeLocalProvider({});
    auto setup = mp::MakeScriptSetup({{"scripts", scripts_}});
    REQUIRE(provider.ok());
    REQUIRE(setup.ok());
    mp::ClusterRecord record;
    record.name = "lab";
    record.groups = {{"frontend", {"base", "master"}}, {"compute", {"base"}}};
    for (const char* kind : {"frontend", "compute", "compute"}) {
      mp::NodeRecord node;
      node.kind = kind;
      record.nodes.push_back(node);
    }
    auto cluster = mp::Cluster::Make(record, *provider, *setup, mp::MakeMemoryRepository());
    REQUIRE(cluster.ok());
    cluster_ = *std::move(cluster);
    const mp::Report started = cluster_->Start({}, {});
    INFO(started.status);
    REQUIRE(started.status.ok());
  }
  ~Lab() { cluster_->Stop({}, true, true, {}); }

  mp::Cluster& cluster() { return *cluster_; }
  std::string script(const std::string& name) const { return scripts_ + "/" + name; }
  std::string log() const { return home_.path() + "/log"; }
  std::string state() const { return home_.path() + "/muster/setup"; }

 private:
  StateHome home_;
  const std::string scripts_;
  std::unique_ptr<mp::Cluster> cluster_;
};

}  // namespace

TEST_CASE("scripts of the groups run in order on the nodes of their kinds, and once") {
  Lab lab;
  const std::string line =
      "#!/bin/sh\necho \"$MUSTER_NODE $MUSTER_GROUP $MUSTER_KIND $1\" >> " + lab.log() + "\n";
  WriteScript(lab.script("base/10-first"), line);
  WriteScript(
      lab.script("master/20-second"),
      "#!/bin/sh\necho \"$MUSTER_NODES_COMPUTE of $MUSTER_CLUSTER\" >> " + lab.log() + "\n");
  CHECK(lab.cluster().SetUp({"x y"}, {}).ok());
  const std::string log = ReadFile(lab.log());
  CHECK(std::count(log.begin(), log.end(), '\n') == 4);
  CHECK_THAT(log, Contains("frontend001 base frontend x y\n"));
  CHECK_THAT(log, Contains("compute002 base compute x y\n"));
  CHECK_THAT(log, Contains("compute001 compute002 of lab\n"));
  CHECK(log.find("frontend001 base") < log.find("of lab"));
  // A second time changes nothing; another content runs.
  CHECK(lab.cluster().SetUp({"x y"}, {}).ok());
  CHECK(ReadFile(lab.log()) == log);
  WriteScript(lab.script("base/10-first"), line + "# changed\n");
  CHECK(lab.cluster().SetUp({"x y"}, {}).ok());
  CHECK(ReadFile(lab.log()).size() > log.size());
  // Another instance of a node is set up anew, and it alone.
  fs::remove(lab.log());
  REQUIRE(lab.cluster().Stop({"compute001"}, false, false, {}).status.ok());
  REQUIRE(lab.cluster().Start({}, {}).status.ok());
  CHECK(lab.cluster().SetUp({"x y"}, {}).ok());
  CHECK(ReadFile(lab.log()) == "compute001 base compute x y\n");
  CHECK(lab.cluster().Stop({}, true, false, {}).status.ok());
  CHECK_FALSE(fs::exists(lab.state()));
}

TEST_CASE("a script that fails is told with its node, its status and its last lines") {
  Lab lab;
  WriteScript(lab.script("base/10-fails"),
              "#!/bin/sh\necho out of luck >&2\n[ $MUSTER_NODE != compute002 ] || exit 3\n");
  WriteScript(lab.script("base/20-after"), "#!/bin/sh\necho $MUSTER_NODE >> " + lab.log() + "\n");
  const absl::Status failed = lab.cluster().SetUp({}, {});
  CHECK_THAT(
      std::string(failed.message()),
      Contains("1 of 3 nodes were not set up; compute002: base/10-fails: failed: exit code 3; "
               "it wrote last: out of luck"));
  CHECK_THAT(ReadFile(lab.log()), Contains("compute001") && !Contains("compute002"));
  // What was well does not run again.
  WriteScript(lab.script("base/10-fails"), "#!/bin/sh\ntrue\n");
  CHECK(lab.cluster().SetUp({}, {}).ok());
  const std::string log = ReadFile(lab.log());
  CHECK(std::count(log.begin(), log.end(), '\n') == 3);
  fs::permissions(lab.script("base/20-after"), fs::perms::owner_read);
  CHECK_THAT(std::string(lab.cluster().SetUp({}, {}).message()), Contains("chmod +x"));
}
