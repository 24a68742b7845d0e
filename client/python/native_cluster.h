// NativeCluster: a cluster as the Python files of this module use it. Threads of Python share it;
// nothing in it waits with the GIL held.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/python/call_queue.h"

namespace muster::python_module {

class NativeCluster {
 public:
  // As ClusterAPI::connect() and local(). Raise RuntimeError with the status's message.
  static std::shared_ptr<NativeCluster> Connect(const std::string& cluster,
                                                const std::string& configuration);
  static std::shared_ptr<NativeCluster> Local(int nodes, int workers);

  int Length() const { return cluster_->getClusterLength(); }
  // [(name, address)], of all or of a target; RuntimeError when it means none.
  pybind11::list Nodes(const pybind11::object& target) const;
  // A dict of facts for each, in the order of the nodes.
  pybind11::list Check(double seconds) const;
  // Sends to one node (`all` false), or to all of each target. [(token, node)].
  pybind11::list Execute(CallQueue& queue, const pybind11::list& targets, bool all,
                         const std::string& kind, const pybind11::object& source,
                         const std::string& form, const ExecuteOptions& options);
  // Sends Python, whose value comes as data, to the node of that place, counted from 1; its call is
  // in the queue under the number, and followed. Never waits, and keeps the GIL: who gives it away
  // thousands of times in a second waits for it most of the time.
  void Submit(CallQueue& queue, CallQueue::Token token, int place, const pybind11::str& source,
              const ExecuteOptions& options);
  // As ClusterAPI::put() and get(), to or from every node of the targets. Options: deadline, grace,
  // directory, durable, and of get max_bytes and max_files.
  std::vector<Transfer> Put(const pybind11::list& targets, const std::vector<std::string>& local,
                            const std::string& remote, const pybind11::dict& options);
  std::vector<Transfer> Get(const pybind11::list& targets, const std::vector<std::string>& remote,
                            const std::string& local, const pybind11::dict& options);
  // None, or (whether the node could not be reached, what is wrong): opens, or closes, a Python
  // session of that name on the target's nodes.
  pybind11::object OpenSession(const pybind11::object& target, const std::string& name);
  pybind11::object CloseSession(const pybind11::object& target, const std::string& name);

  explicit NativeCluster(ClusterAPI cluster) : cluster_(std::move(cluster)) {}
  // An embedded cluster waits for its daemons: others may have the GIL meanwhile.
  ~NativeCluster();

 private:
  std::optional<ClusterAPI> cluster_;  // none only at its end
};

}  // namespace muster::python_module
