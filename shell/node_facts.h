// NodeFacts: all that is known of a node, as words: for `show -vv`, its JSON and its search. Pure;
// thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/hook_fields.h"

namespace muster::clustershell {

// "3.4 ms"; "-" of one that did not answer.
std::string LatencyOf(const NodeCheck& check);
// "gpu:1/2": free and all, but for what every machine has; "-": nothing.
std::string SlotsOf(const NodeCheck& check);
// "15.6 GiB".
std::string InGibibytes(std::uint64_t bytes);
// "webapp" where a login rule says so, else the cluster of the configuration.
std::string ClusterOf(const Node& node);
// "compute" of a node of a started cluster; else empty.
std::string KindOf(const Node& node);

// Name and value of each attribute, in the order of a person's interest; what the node did not tell
// is left out.
std::vector<std::pair<std::string, std::string>> FactsOf(const NodeCheck& check);
// The same, and behind them what hooks want to be known.
std::vector<std::pair<std::string, std::string>> FactsOf(const NodeCheck& check,
                                                         const HookFields& fields);

nlohmann::ordered_json JsonOf(const NodeCheck& check, const HookFields& fields);

// Whether an attribute or a tag holds one of the words, which commas separate, in large or small
// letters. Of a tag also as KEY=VALUE.
bool MatchesSearch(const NodeCheck& check, absl::string_view words, const HookFields& fields);

}  // namespace muster::clustershell
