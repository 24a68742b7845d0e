// HookObserver: calls the hooks of this process in the moments of a cluster's life. Thread-safe.
#pragma once

#include <memory>

#include "provision/cluster_observer.h"
#include "provision/hooks.h"

namespace muster::provision {

std::shared_ptr<ClusterObserver> MakeHookObserver(std::shared_ptr<Hooks> hooks);

}  // namespace muster::provision
