#include "provision/cluster.h"

namespace muster::provision {

Cluster::Cluster(ClusterRecord record, std::shared_ptr<CloudProvider> provider,
                 std::shared_ptr<SetupProvider> setup,
                 std::shared_ptr<ClusterRepository> repository)
    : record_(std::move(record)),
      provider_(std::move(provider)),
      setup_(std::move(setup)),
      repository_(std::move(repository)) {}

}  // namespace muster::provision
