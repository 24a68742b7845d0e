// NodeTable: what `show` prints of nodes, in one of several forms. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/hook_fields.h"

namespace muster::clustershell {

enum class NodeTableForm {
  kPlain,     // a table; at a terminal the columns that it has room for
  kExtended,  // with more columns; where they do not fit, a paragraph for each node
  kAll,       // a paragraph for each node, with all attributes
  kWide,      // as kExtended, however wide it gets
  kJson,      // an array of objects
  kYaml,      // the same
  kName,      // names, a line each
};

// Nodes of one cluster of the login rules stand together, under its name. `columns`: of the
// terminal; `fields`: for the forms with
// all attributes.
std::string RenderNodes(std::vector<NodeCheck> checks, NodeTableForm form, std::size_t columns,
                        const HookFields& fields);

}  // namespace muster::clustershell
