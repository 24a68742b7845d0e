// Asks every node at once how it is, and waits for all of them together. Blocks its caller for at
// most the time it is given.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "client/ClusterAPI.h"
#include "client/node_link.h"

namespace muster {

// `links` belong to `nodes`, one by one. `with_usage`: also what each execution takes.
ClusterCheck CheckNodes(const std::vector<Node>& nodes,
                        const std::vector<std::shared_ptr<NodeLink>>& links,
                        std::chrono::milliseconds timeout, bool with_usage);

}  // namespace muster
