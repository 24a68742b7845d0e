// Clusters of real daemons on this machine: started, looked at, changed, stopped.
#include <signal.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "client/ClusterAPI.h"
#include "common/child_process.h"
#include "provision/cluster.h"
#include "provision/local_provider.h"
#include "provision/record_json.h"
#include "provision/state_folder.h"
#include "tests/integration/over_local_provider.h"
#include "tests/integration/state_home.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using muster::ClusterAPI;
using muster::test::Eventually;
using muster::test::OverLocalProvider;
using muster::test::ProcessesWith;
using muster::test::StateHome;
namespace mp = muster::provision;

namespace {

std::shared_ptr<mp::CloudProvider> Local(mp::Settings settings = {}) {
  auto provider = mp::MakeLocalProvider(settings);
  REQUIRE(provider.ok());
  return *provider;
}

std::shared_ptr<mp::ClusterRepository> Repository() {
  auto repository = mp::OpenSqliteRepository();
  REQUIRE(repository.ok());
  return *repository;
}

std::unique_ptr<mp::Cluster> Make(const std::string& name,
                                  std::shared_ptr<mp::CloudProvider> provider = Local()) {
  mp::ClusterRecord record;
  record.name = name;
  auto cluster = mp::Cluster::Make(record, std::move(provider), nullptr, Repository());
  REQUIRE(cluster.ok());
  return *std::move(cluster);
}

void Add(mp::Cluster& cluster, const std::string& kind, int count) {
  for (int i = 0; i < count; ++i) {
    mp::NodeRecord node;
    node.kind = kind;
    REQUIRE(cluster.AddNode(node).ok());
  }
}

std::unique_ptr<mp::Cluster> Reloaded(const std::string& name) {
  auto repository = Repository();
  auto record = repository->Get(name);
  REQUIRE(record.ok());
  return mp::Cluster::Of(*record, Local(), nullptr, repository);
}

// A provider that is the local one, but for what a test wants to go wrong.
class Troubled : public OverLocalProvider {
 public:
  explicit Troubled(std::set<std::string> nodes) : nodes_(std::move(nodes)) {}
  absl::StatusOr<mp::Instance> Start(const mp::StartOrder& order) override {
    if (nodes_.count(order.node.name) == 0) return OverLocalProvider::Start(order);
    return broken_->Start(order);
  }

 private:
  const std::set<std::string> nodes_;
  // Its clusterd refuses to start: there are no such slots.
  std::shared_ptr<mp::CloudProvider> broken_ = Local({{"slots", "gpu=-7"}});
};

}  // namespace

TEST_CASE("a cluster starts, works, and leaves nothing") {
  const StateHome home;
  auto cluster = Make("lab");
  Add(*cluster, "frontend", 1);
  Add(*cluster, "compute", 2);
  const mp::Report started = cluster->Start({}, {});
  INFO(started.status);
  REQUIRE(started.status.ok());
  REQUIRE(started.nodes.size() == 3);
  for (const mp::NodeResult& node : started.nodes) CHECK(node.ok);
  CHECK(ProcessesWith(home.path()).size() >= 3);

  const mp::ClusterRecord record = cluster->record();
  std::vector<muster::NodeAddress> nodes;
  for (const mp::NodeRecord& node : record.nodes) {
    CHECK(node.state == mp::NodeState::kRunning);
    nodes.push_back({node.name, node.instance.addresses.at(0)});
  }
  auto api = ClusterAPI::of(nodes, "lab");
  REQUIRE(api.ok());
  CHECK(api->getClusterLength() == 3);
  const muster::Outcome outcome = api->execute("compute002", muster::shell("true")).wait();
  REQUIRE(outcome.ok());
  muster::Call where = api->execute("compute001", muster::shell("pwd; echo $HOME"));
  std::string folders;
  for (const muster::Event& event : where) folders += event.data;
  const std::string own = record.nodes.at(1).instance.id + "/home\n";
  CHECK(folders == own + own);

  // Again: nothing is started twice.
  const std::vector<pid_t> before = ProcessesWith(home.path());
  CHECK(cluster->Start({}, {}).status.ok());
  CHECK(cluster->record().nodes.at(0).label == record.nodes.at(0).label);

  // From another process's point of view.
  const mp::Report stopped = Reloaded("lab")->Stop({}, true, false, {});
  INFO(stopped.status);
  CHECK(stopped.status.ok());
  CHECK(Eventually([&] { return ProcessesWith(home.path()).empty(); }));
  CHECK(home.Entries() == 0);
  CHECK(Repository()->Get("lab").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("nodes are named as elasticluster names them, and kinds are checked as there") {
  const StateHome home;
  auto cluster = Make("names");
  Add(*cluster, "compute", 3);
  CHECK(cluster->RemoveNode("compute002", false).ok());
  Add(*cluster, "compute", 2);
  std::set<std::string> names;
  for (const auto& node : cluster->record().nodes) names.insert(node.name);
  CHECK(names == std::set<std::string>{"compute001", "compute002", "compute003", "compute004"});
  for (const char* kind : {"compute1", "comp_ute", "", "Compute", "a b", "../x"}) {
    mp::NodeRecord node;
    node.kind = kind;
    CHECK_THAT(std::string(cluster->AddNode(node).status().message()),
               Contains("cannot be a kind"));
  }
  mp::NodeRecord taken;
  taken.kind = "compute";
  taken.name = "compute001";
  CHECK(cluster->AddNode(taken).status().code() == absl::StatusCode::kAlreadyExists);
}

TEST_CASE("one of four daemons refuses to start") {
  const StateHome home;
  auto cluster = Make("four", std::make_shared<Troubled>(std::set<std::string>{"compute002"}));
  Add(*cluster, "compute", 4);
  mp::StartOptions options;
  options.min_nodes = {{"compute", 3}};
  const mp::Report enough = cluster->Start(options, {});
  INFO(enough.status);
  CHECK(enough.status.ok());
  REQUIRE(enough.nodes.size() == 4);
  CHECK_FALSE(enough.nodes[1].ok);
  CHECK_THAT(enough.nodes[1].text, Contains("slots") && Contains("clusterd.log"));

  options.min_nodes = {{"compute", 4}};
  const mp::Report short_of = cluster->Start(options, {});
  CHECK(short_of.status.code() == absl::StatusCode::kOutOfRange);
  CHECK_THAT(std::string(short_of.status.message()),
             Contains("3 of 4 compute live") && Contains("compute002"));
  // What is well stays.
  for (const char* name : {"compute001", "compute003", "compute004"}) CHECK(cluster->IsAlive(name));
  CHECK_FALSE(cluster->IsAlive("compute002"));
  CHECK(cluster->Stop({}, true, false, {}).status.ok());
  CHECK(home.Entries() == 0);
}

TEST_CASE("nodes that are started one by one come alive one by one") {
  const StateHome home;
  auto cluster = Make("slowly");
  Add(*cluster, "compute", 3);
  REQUIRE(cluster->Save().ok());
  for (const auto& node : cluster->record().nodes) {
    CHECK_FALSE(cluster->IsAlive(node.name));
    CHECK(cluster->StartNode(node.name).ok());
    CHECK(Eventually([&] { return cluster->IsAlive(node.name); }));
  }
  CHECK(cluster->Stop({"compute002"}, false, false, {}).status.ok());
  CHECK_FALSE(cluster->IsAlive("compute002"));
  CHECK(cluster->IsAlive("compute003"));
  CHECK(cluster->record().nodes.at(1).state == mp::NodeState::kDefined);
  CHECK(cluster->Stop({}, true, false, {}).status.ok());
  CHECK(home.Entries() == 0);
}

TEST_CASE("a pause keeps what runs, and a resume goes on with it") {
  const StateHome home;
  auto cluster = Make("nap");
  Add(*cluster, "compute", 2);
  REQUIRE(cluster->Start({}, {}).status.ok());
  auto api = ClusterAPI::of({{"compute001", cluster->record().nodes[0].instance.addresses.at(0)}});
  REQUIRE(api.ok());
  REQUIRE(api->open_session({muster::Target("compute001")}, "s", muster::SessionKind::kShell)
              .at(0)
              .status.ok());
  muster::ExecuteOptions in_session;
  in_session.session = "s";
  REQUIRE(api->execute(1, muster::shell("X=5"), in_session).wait().ok());
  CHECK(cluster->Pause({}, {}).status.ok());
  CHECK_FALSE(cluster->IsAlive("compute001"));
  CHECK(cluster->Pause({}, {}).status.ok());
  const mp::Report resumed = cluster->Resume({}, {});
  INFO(resumed.status);
  CHECK(resumed.status.ok());
  muster::Call call = api->execute(1, muster::shell("echo $X"), in_session);
  std::string out;
  for (const muster::Event& event : call) out += event.data;
  CHECK(out == "5\n");
  CHECK(cluster->Pause({}, {}).status.ok());
  CHECK(cluster->Stop({}, true, false, {}).status.ok());
  CHECK(ProcessesWith(home.path()).empty());
  CHECK(home.Entries() == 0);
}

TEST_CASE("daemons that were killed by hand are seen, and started again or stopped") {
  const StateHome home;
  auto cluster = Make("gone");
  Add(*cluster, "compute", 2);
  REQUIRE(cluster->Start({}, {}).status.ok());
  const std::string folder = cluster->record().nodes[0].instance.id;
  for (const pid_t pid : ProcessesWith(folder)) muster::test::Kill(pid, SIGKILL);
  REQUIRE(Eventually([&] { return ProcessesWith(folder).empty(); }));
  const auto lines = cluster->Recover();
  REQUIRE(lines.ok());
  REQUIRE(lines->size() == 1);
  CHECK_THAT(lines->at(0), Contains("compute001: its clusterd has ended"));
  CHECK(cluster->record().nodes[0].state == mp::NodeState::kFailed);
  CHECK(cluster->Start({}, {}).status.ok());
  CHECK(cluster->IsAlive("compute001"));
  for (const auto& node : cluster->record().nodes) {
    for (const pid_t pid : ProcessesWith(node.instance.id)) muster::test::Kill(pid, SIGKILL);
    std::filesystem::remove_all(node.instance.id);
  }
  CHECK(cluster->Stop({}, true, false, {}).status.ok());
  CHECK(home.Entries() == 0);
}

TEST_CASE("two clusters of one name, kept in two places, leave each other alone") {
  const StateHome home;
  auto ours = Make("same");
  mp::ClusterRecord record;
  record.name = "same";
  auto made = mp::Cluster::Make(record, Local(), nullptr, mp::MakeMemoryRepository());
  REQUIRE(made.ok());
  mp::Cluster& theirs = **made;
  Add(*ours, "compute", 1);
  Add(theirs, "compute", 1);
  REQUIRE(ours->Start({}, {}).status.ok());
  REQUIRE(theirs.Start({}, {}).status.ok());
  const std::string seen = home.path() + "/muster/clusters/same.conf";
  const std::string before = muster::test::ReadFile(seen);
  CHECK_THAT(before, Contains(ours->record().nodes.at(0).instance.id));
  CHECK(theirs.Stop({}, true, false, {}).status.ok());
  CHECK(ours->IsAlive("compute001"));
  CHECK(muster::test::ReadFile(seen) == before);
  CHECK(ours->Stop({}, true, false, {}).status.ok());
  CHECK(home.Entries() == 0);
}

TEST_CASE("what a daemon would refuse is refused before anything is started") {
  for (const auto& [name, value] :
       mp::Settings{{"workers", "two"}, {"max_memory", "1X"}, {"work", "2"}}) {
    const auto provider = mp::MakeLocalProvider({{name, value}});
    CHECK_THAT(std::string(provider.status().message()), Contains("'" + name + "'"));
  }
}

TEST_CASE("nothing that the provider did not make is touched, whatever a record says") {
  const StateHome home;
  namespace fs = std::filesystem;
  const std::string root = home.path() + "/muster/instances";
  const auto provider = Local();
  const std::string random = "-0123456789abcdef";
  fs::create_directories(home.path() + "/muster/keep" + random);
  fs::create_directories(root + "/own/keep" + random);
  std::ofstream(root + "/own/keep" + random + "/file") << "precious";
  fs::create_directories(root + "/empty");
  fs::create_symlink(home.path() + "/muster", root + "/link");
  for (const std::string& id :
       {root + "/../keep" + random, root + "/link/keep" + random, root + "/own/keep" + random,
        root + "/own/../own/keep" + random, root + "/own/keep-0123456789ABCDEF",
        home.path() + "/muster/keep" + random, std::string("/etc")}) {
    INFO(id);
    CHECK_FALSE(provider->Stop({id, {}, {}}).ok());
  }
  const auto found = provider->Find(mp::OwnerName(), "");
  REQUIRE(found.ok());
  CHECK(found->empty());
  CHECK(fs::exists(root + "/own/keep" + random + "/file"));
  CHECK(fs::exists(home.path() + "/muster/keep" + random));
  CHECK(fs::exists(root + "/empty"));
}

TEST_CASE("who only looks at a daemon's files is not stopped with it") {
  const StateHome home;
  auto cluster = Make("seen");
  Add(*cluster, "compute", 1);
  REQUIRE(cluster->Start({}, {}).status.ok());
  muster::ChildProcess::Options options;
  options.argv = {"tail", "-f", cluster->record().nodes.at(0).instance.id + "/clusterd.conf"};
  auto tail = muster::ChildProcess::Start(options);
  REQUIRE(tail.ok());
  CHECK(cluster->Stop({}, true, false, {}).status.ok());
  CHECK_FALSE(tail->WaitUntil(std::chrono::steady_clock::now() + std::chrono::milliseconds(100)));
  tail->Kill(SIGKILL);
  CHECK(tail->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
}

TEST_CASE("a record from elsewhere that cannot be one is refused") {
  const std::string good = R"({"name":"lab","nodes":[{"name":"c1","kind":"c"}]})";
  CHECK(mp::ClusterFromJson(good).ok());
  for (
      const std::string& bad :
      {std::string(R"({"name":"../lab"})"), std::string(R"({"name":"lab","start_timeout":-5})"),
       std::string(R"({"name":"lab","nodes":[{"name":"../x","kind":"c"}]})"),
       std::string(R"({"name":"lab","nodes":[{"name":"c1","kind":"c"},{"name":"c1","kind":"c"}]})"),
       std::string(
           R"({"name":"lab","nodes":[{"name":"c1","kind":"c","instance":{"addresses":["a\nb"]}}]})"),
       R"({"name":"lab","nodes":)" + std::string(900000, '[') + std::string(900000, ']') + "}",
       std::string("{"), std::string("[]"), std::string("")}) {
    INFO(bad.substr(0, 100));
    CHECK(mp::ClusterFromJson(bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("nothing and zero are legal sizes") {
  const StateHome home;
  auto cluster = Make("empty");
  const mp::Report started = cluster->Start({}, {});
  INFO(started.status);
  CHECK(started.status.ok());
  mp::StartOptions options;
  options.min_nodes = {{"compute", 0}};
  CHECK(cluster->Start(options, {}).status.ok());
  CHECK(cluster->Stop({}, true, false, {}).status.ok());
  CHECK(home.Entries() == 0);
}

TEST_CASE("an interrupt stops launching, and what runs is saved") {
  const StateHome home;
  auto cluster = Make("cut");
  Add(*cluster, "compute", 12);
  std::mutex mutex;
  int alive = 0;
  mp::Watch watch;
  watch.on_step = [&](const mp::NodeStep& step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(40));  // a provider that takes its time
    const std::lock_guard lock(mutex);
    alive += step.state == mp::NodeState::kStarting ? 1 : 0;
  };
  watch.interrupts = [&] {
    const std::lock_guard lock(mutex);
    return alive > 0 ? 1 : 0;
  };
  mp::StartOptions options;
  options.max_concurrent = 1;
  const mp::Report report = cluster->Start(options, watch);
  CHECK(report.status.code() == absl::StatusCode::kCancelled);
  std::set<std::string> saved;
  const auto kept = Repository()->Get("cut");
  REQUIRE(kept.ok());
  for (const auto& node : kept->nodes) {
    if (!node.instance.id.empty()) saved.insert(node.instance.id);
  }
  CHECK(saved.size() < 12);
  std::size_t folders = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(home.path() + "/muster/instances/cut")) {
    CHECK(saved.count(entry.path().string()) == 1);
    ++folders;
  }
  CHECK(folders == saved.size());
  CHECK(Reloaded("cut")->Stop({}, true, false, {}).status.ok());
  CHECK(ProcessesWith(home.path()).empty());
  CHECK(home.Entries() == 0);
}
