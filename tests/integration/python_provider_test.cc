// Providers and setups that are classes of Python, used from C++.
#include "provision/python_provider.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "provision/providers.h"
#include "provision/record_json.h"

namespace muster::provision {
namespace {

constexpr char kCloud[] = R"(
import os, time
from muster import AbstractCloudProvider, AbstractSetupProvider
import beside

class Cloud(AbstractCloudProvider):
    def __init__(self, folder, seconds=0.0):
        self.folder, self.seconds = folder, seconds
    def start_instance(self, key_name, pub, priv, security_group, flavor, image_id, userdata, username=None):
        if flavor == 'gone':
            os._exit(7)
        if flavor == 'bad':
            raise RuntimeError('no host has\nroom for ' + image_id)
        time.sleep(self.seconds)
        open(f'{self.folder}/{image_id}', 'w').close()
        return {'instance_id': image_id, 'zone': beside.ZONE}
    def stop_instance(self, instance_id):
        os.unlink(f'{self.folder}/{instance_id}')
    def is_instance_running(self, instance_id):
        return os.path.exists(f'{self.folder}/{instance_id}')
    def get_ips(self, instance_id):
        return ['10.0.0.1', None]

class Setup(AbstractSetupProvider):
    def __init__(self, folder):
        self.folder = folder
    def setup_cluster(self, cluster, extra_args=()):
        with open(f'{self.folder}/setup', 'w') as file:
            file.write(','.join(node.name for node in cluster.get_all_nodes()) + ':' + ','.join(extra_args))
        return cluster.name != 'hard'
)";

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/muster-cloud-XXXXXX";
    path_ = ::mkdtemp(name);
    std::ofstream(path_ + "/cloud.py") << kCloud;
    std::ofstream(path_ + "/beside.py") << "ZONE = 3\n";
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  bool Has(const std::string& name) const { return std::filesystem::exists(path_ + "/" + name); }

  ProviderRecord Of(const std::string& name, double seconds) const {
    nlohmann::json arguments = {{path_}, nlohmann::json::object()};
    if (seconds > 0) arguments[1]["seconds"] = seconds;
    return {"python",
            {{"class", "cloud:" + name},
             {"path", path_ + "/cloud.py"},
             {"arguments", arguments.dump()}}};
  }

 private:
  std::string path_;
};

StartOrder OrderOf(const ClusterRecord& cluster, const std::string& image,
                   const std::string& flavor = "") {
  StartOrder order;
  order.cluster = &cluster;
  order.node.name = "compute001";
  order.node.kind = "compute";
  order.node.image_id = image;
  order.node.flavor = flavor;
  return order;
}

std::shared_ptr<CloudProvider> Made(const ProviderRecord& record) {
  UsePythonProviders();
  const auto made = MakeProvider(record);
  INFO(made.status());
  REQUIRE(made.ok());
  return *made;
}

TEST_CASE("a class of Python is a provider of a program of C++") {
  const Folder folder;
  const ClusterRecord cluster = {.name = "lab"};
  const auto cloud = Made(folder.Of("Cloud", 0));
  const auto started = cloud->Start(OrderOf(cluster, "one"));
  INFO(started.status());
  REQUIRE(started.ok());
  CHECK(started->id == "one");
  CHECK(started->facts == Settings{{"zone", "3"}});
  CHECK(folder.Has("one"));
  CHECK(cloud->IsRunning(*started).value());
  CHECK(cloud->Addresses(*started).value() == std::vector<std::string>{"10.0.0.1"});
  CHECK(absl::IsUnimplemented(cloud->Pause(*started).status()));
  CHECK(absl::IsUnimplemented(cloud->Find("me", "lab").status()));
  REQUIRE(cloud->Stop(*started).ok());
  CHECK_FALSE(folder.Has("one"));
  CHECK_FALSE(cloud->IsRunning(*started).value());
}

TEST_CASE("its calls run at the same time") {
  const Folder folder;
  const ClusterRecord cluster = {.name = "lab"};
  const auto cloud = Made(folder.Of("Cloud", 2.0));
  const auto begin = std::chrono::steady_clock::now();
  std::vector<absl::Status> ended(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    threads.emplace_back(
        [&, i] { ended[i] = cloud->Start(OrderOf(cluster, "i" + std::to_string(i))).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : ended) CHECK(status.ok());
  // One after the other they would take 8 s.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(6));
}

TEST_CASE("what such a class raises is told in one line, with class, method and node") {
  const Folder folder;
  const ClusterRecord cluster = {.name = "lab"};
  const auto cloud = Made(folder.Of("Cloud", 0));
  const absl::Status status = cloud->Start(OrderOf(cluster, "one", "bad")).status();
  CHECK(std::string(status.message()) ==
        "Cloud.start_instance of compute001: RuntimeError: no host has room for one (cloud.py, "
        "line 13)");
}

TEST_CASE("a class that ends its process harms that call only") {
  const Folder folder;
  const ClusterRecord cluster = {.name = "lab"};
  const auto cloud = Made(folder.Of("Cloud", 0));
  const absl::Status status = cloud->Start(OrderOf(cluster, "one", "gone")).status();
  INFO(status);
  CHECK(absl::IsInternal(status));
  CHECK(cloud->Start(OrderOf(cluster, "two")).ok());
}

TEST_CASE("a class that cannot be made again says why") {
  UsePythonProviders();
  const Folder folder;
  ProviderRecord record = folder.Of("Nothing", 0);
  CHECK(
      std::string(MakeProvider(record).status().message()).find("there is no class Nothing in ") !=
      std::string::npos);
  record = folder.Of("Cloud", 0);
  record.settings["arguments"] = "[[], {}]";
  const absl::Status status = MakeProvider(record).status();
  INFO(status);
  CHECK(absl::IsInvalidArgument(status));
  for (const char* words : {"Cloud", "missing a required argument"}) {
    CHECK(std::string(status.message()).find(words) != std::string::npos);
  }
  for (const char* words : {"cluster.cloud_provider", "_records.py"}) {  // of programs of Python
    CHECK(std::string(status.message()).find(words) == std::string::npos);
  }
}

TEST_CASE("a class of Python sets up a cluster of a program of C++") {
  const Folder folder;
  UsePythonProviders();
  const auto setup = MakeSetup(folder.Of("Setup", 0));
  INFO(setup.status());
  REQUIRE(setup.ok());
  ClusterRecord cluster = {.name = "lab"};
  cluster.nodes = {{.name = "compute001", .kind = "compute"},
                   {.name = "frontend001", .kind = "frontend"}};
  const absl::Status status = (*setup)->SetUp(cluster, {"-v"}, nullptr, nullptr);
  INFO(status);
  CHECK(status.ok());
  std::string told;
  std::getline(std::ifstream(folder.path() + "/setup"), told);
  CHECK(told == "compute001,frontend001:-v");
  CHECK((*setup)->CleanUp(cluster).ok());
  cluster.name = "hard";
  CHECK(absl::IsFailedPrecondition((*setup)->SetUp(cluster, {}, nullptr, nullptr)));
}

}  // namespace
}  // namespace muster::provision
