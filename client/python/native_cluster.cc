#include "client/python/native_cluster.h"

#include <chrono>
#include <utility>
#include <vector>

#include "client/python/execute_options.h"
#include "common/python/gil.h"
#include "common/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

[[noreturn]] void Raise(const Status& status) {
  ::PyErr_SetObject(PyExc_RuntimeError, ToStr(status.message()).ptr());
  throw py::error_already_set();
}

std::vector<Target> ToTargets(const py::list& targets) {
  std::vector<Target> all;
  for (const py::handle& target : targets) {
    all.push_back(ToTarget(py::reinterpret_borrow<py::object>(target)));
  }
  return all;
}

// (whether the node could not be reached, why not) of the first that went wrong; None: none did.
py::object WhyNot(const std::vector<NodeSessions>& answers) {
  for (const NodeSessions& answer : answers) {
    if (answer.status.ok()) continue;
    return py::make_tuple(answer.status.code() == StatusCode::kUnavailable,
                          ToStr(answer.status.message()));
  }
  return py::none();
}

py::dict ToDict(const std::vector<NodeSlot>& slots) {
  py::dict all;
  for (const NodeSlot& slot : slots) {
    py::dict facts;
    facts["total"] = slot.total;
    facts["free"] = slot.free;
    facts["waiting"] = slot.waiting;
    all[ToStr(slot.name)] = facts;
  }
  return all;
}

std::shared_ptr<NativeCluster> Made(Result<ClusterAPI> cluster) {
  if (!cluster.ok()) Raise(cluster.status());
  return std::make_shared<NativeCluster>(*std::move(cluster));
}

}  // namespace

NativeCluster::~NativeCluster() {
  if (::PyGILState_Check() == 0) return;
  WithoutGil([&] {
    cluster_.reset();
    return 0;
  });
}

std::shared_ptr<NativeCluster> NativeCluster::Connect(const std::string& cluster,
                                                      const std::string& configuration) {
  return Made(WithoutGil([&] { return ClusterAPI::connect(cluster, configuration); }));
}

std::shared_ptr<NativeCluster> NativeCluster::Local(int nodes, int workers) {
  return Made(WithoutGil([&] { return ClusterAPI::local(nodes, workers); }));
}

py::list NativeCluster::Nodes(const py::object& target) const {
  std::vector<Node> nodes = cluster_->nodes();
  if (!target.is_none()) {
    const Target wanted = ToTarget(target);
    Result<std::vector<Node>> found = WithoutGil([&] { return cluster_->nodes(wanted); });
    if (!found.ok()) Raise(found.status());
    nodes = *std::move(found);
  }
  py::list all;
  for (const Node& node : nodes) all.append(py::make_tuple(ToStr(node.name), ToStr(node.address)));
  return all;
}

py::list NativeCluster::Check(double seconds) const {
  const auto time = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  const ClusterCheck check = WithoutGil([&] { return cluster_->clustercheck(time); });
  py::list all;
  for (const NodeCheck& node : check.nodes) {
    py::dict facts;
    facts["name"] = ToStr(node.node.name);
    facts["functional"] = node.functional;
    facts["state"] = ToStr(node.state);
    facts["reason"] = ToStr(node.reason);
    facts["version"] = ToStr(node.version);
    facts["python"] = ToStr(node.python);
    facts["cores"] = node.cores;
    facts["workers"] = node.workers;
    facts["memory"] = node.memory_bytes;
    facts["load"] = node.load;
    facts["running"] = node.running;
    facts["slots"] = ToDict(node.slots);
    all.append(facts);
  }
  return all;
}

py::list NativeCluster::Execute(CallQueue& queue, const py::list& targets, bool all,
                                const std::string& kind, const py::object& source,
                                const std::string& form, const ExecuteOptions& options) {
  const std::vector<Target> wanted = ToTargets(targets);
  const Command command = ToCommand(kind, source, form);
  const auto sent = WithoutGil([&] {
    std::vector<Call> calls;
    if (all) {
      calls = cluster_->execute(wanted, command, options);
    } else {
      for (const Target& target : wanted) {
        calls.push_back(cluster_->execute(target, command, options));
      }
    }
    std::vector<std::pair<CallQueue::Token, std::string>> numbers;
    for (Call& call : calls) {
      std::string node = call.node();
      numbers.emplace_back(queue.Add(std::move(call)), std::move(node));
    }
    return numbers;
  });
  py::list tokens;
  for (const auto& [token, node] : sent) tokens.append(py::make_tuple(token, ToStr(node)));
  return tokens;
}

void NativeCluster::Submit(CallQueue& queue, CallQueue::Token token, int place,
                           const py::str& source, const ExecuteOptions& options) {
  Call call =
      cluster_->execute(Target(place), python(FromStr(source), Command::Form::kData), options);
  queue.AddAs(token, std::move(call));
  queue.Follow(token);
}

std::vector<Transfer> NativeCluster::Put(const py::list& targets,
                                         const std::vector<std::string>& local,
                                         const std::string& remote, const py::dict& options) {
  const std::vector<Target> wanted = ToTargets(targets);
  const TransferOptions chosen = ToTransferOptions(options);
  return WithoutGil([&] { return cluster_->put(wanted, local, remote, chosen); });
}

std::vector<Transfer> NativeCluster::Get(const py::list& targets,
                                         const std::vector<std::string>& remote,
                                         const std::string& local, const py::dict& options) {
  const std::vector<Target> wanted = ToTargets(targets);
  const TransferOptions chosen = ToTransferOptions(options);
  return WithoutGil([&] { return cluster_->get(wanted, remote, local, chosen); });
}

py::object NativeCluster::OpenSession(const py::object& target, const std::string& name) {
  const Target wanted = ToTarget(target);
  return WhyNot(
      WithoutGil([&] { return cluster_->open_session({wanted}, name, SessionKind::kPython); }));
}

py::object NativeCluster::CloseSession(const py::object& target, const std::string& name) {
  const Target wanted = ToTarget(target);
  return WhyNot(WithoutGil([&] { return cluster_->close_session({wanted}, name); }));
}

}  // namespace muster::python_module
