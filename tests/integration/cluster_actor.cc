// cluster_actor CLUSTER STEPS SEED: changes a cluster of local nodes at random, for the test that
// kills it in the middle. Its state is in $XDG_STATE_HOME.
#include <stdio.h>
#include <stdlib.h>

#include <random>
#include <string>

#include "provision/cluster.h"
#include "provision/local_provider.h"

namespace mp = muster::provision;

namespace {

std::unique_ptr<mp::Cluster> Open(const std::string& name) {
  auto repository = mp::OpenSqliteRepository();
  auto provider = mp::MakeLocalProvider({});
  if (!repository.ok() || !provider.ok()) return nullptr;
  auto record = (*repository)->Get(name);
  if (record.ok()) return mp::Cluster::Of(*record, *provider, nullptr, *repository);
  mp::ClusterRecord fresh;
  fresh.name = name;
  auto made = mp::Cluster::Make(fresh, *provider, nullptr, *repository);
  return made.ok() ? *std::move(made) : nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::mt19937 random(static_cast<unsigned>(::atoi(argv[3])));
  for (int step = ::atoi(argv[2]); step > 0; --step) {
    const std::unique_ptr<mp::Cluster> cluster = Open(argv[1]);
    if (cluster == nullptr) return 1;
    const std::size_t size = cluster->record().nodes.size();
    const unsigned what = random() % 4;
    if (size < 5 && what != 3) {
      mp::NodeRecord node;
      node.kind = "compute";
      if (!cluster->AddNode(node).ok()) return 1;
      cluster->Start({}, {});
    } else if (size > 0 && what == 3) {
      const std::string name = cluster->record().nodes[random() % size].name;
      if (random() % 2 == 0) {
        cluster->Stop({name}, false, false, {});
      } else if (const absl::Status gone = cluster->RemoveNode(name, true); !gone.ok()) {
        ::fprintf(stderr, "%s\n", std::string(gone.message()).c_str());
      }
    } else if (random() % 2 == 0) {
      cluster->Stop({}, true, false, {});
    } else {
      cluster->Pause({}, {});
      cluster->Resume({}, {});
    }
  }
  return 0;
}
