#include "client/python/shared_cluster.h"

#include <utility>

namespace muster::python_module {

Result<std::shared_ptr<ClusterAPI>> SharedCluster::Get() {
  const MutexLock lock(mutex_);
  if (cluster_ == nullptr) {
    Result<ClusterAPI> connected = ClusterAPI::connect();
    if (!connected.ok()) return connected.status();
    cluster_ = std::make_shared<ClusterAPI>(*std::move(connected));
  }
  return cluster_;
}

SharedCluster& TheCluster() {
  static auto* const kCluster = new SharedCluster;
  return *kCluster;
}

}  // namespace muster::python_module
