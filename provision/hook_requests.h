// What hooks are told of nodes, as plain data, and what they may change of an order. Pure.
#pragma once

#include <absl/status/status.h>

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "provision/cluster_report.h"
#include "provision/record.h"

namespace muster::provision {

// All that a record says of a node, for lists of nodes.
nlohmann::json NodeForHooks(const NodeRecord& node);
nlohmann::json OutcomesForHooks(const Report& report);

// `request_body` of a bulk start: `count`, and `nodes` by name with what may change of each: image,
// image_user, flavor, security_group, userdata, extra, placement_group; of the provider local
// `environment` and `settings` of its daemon, too.
nlohmann::json StartBody(const ClusterRecord& cluster, const std::vector<NodeRecord>& orders);
// InvalidArgument: what of `after` may not be, or is not as it has to be.
absl::Status CheckStartBody(const nlohmann::json& before, const nlohmann::json& after);
void TakeStartBody(const nlohmann::json& body, std::vector<NodeRecord>& orders);

// `request_body` of a placement: name, kind, region, vmCount, policy, groupPlacementPolicy.
nlohmann::json PlacementBody(const ClusterRecord& cluster, const NodeRecord& first, int count);
absl::Status CheckPlacementBody(const nlohmann::json& before, const nlohmann::json& after);
// The order has a placement that was asked for.
bool HasPlacement(const NodeRecord& node);

}  // namespace muster::provision
