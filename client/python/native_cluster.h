// NativeCluster: a cluster as the Python files of this module use it. Threads of Python share it;
// nothing in it waits with the GIL held.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "client/python/call_queue.h"

namespace muster::python_module {

class NativeCluster {
 public:
  // As ClusterAPI::connect() and local(). Raise RuntimeError with the status's message.
  static std::shared_ptr<NativeCluster> Connect(const std::string& cluster,
                                                const std::string& configuration);
  static std::shared_ptr<NativeCluster> Local(int nodes, int workers);

  int Length() const { return cluster_.getClusterLength(); }
  // [(name, address)], of all or of a target; RuntimeError when it means none.
  pybind11::list Nodes(const pybind11::object& target) const;
  // A dict of facts for each, in the order of the nodes.
  pybind11::list Check(double seconds) const;
  // Sends to one node (`all` false), or to all of each target. [(token, node)].
  pybind11::list Execute(CallQueue& queue, const pybind11::list& targets, bool all,
                         const std::string& kind, const pybind11::object& source,
                         const std::string& form, const pybind11::dict& options);

  explicit NativeCluster(ClusterAPI cluster) : cluster_(std::move(cluster)) {}

 private:
  ClusterAPI cluster_;
};

}  // namespace muster::python_module
