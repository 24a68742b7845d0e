#include <absl/strings/str_cat.h>
#include <pybind11/stl.h>

#include <chrono>
#include <optional>
#include <utility>

#include "common/python/gil.h"
#include "common/python/text.h"
#include "provision/plugin_observer.h"
#include "provision/python/native_lifecycle.h"
#include "provision/python/python_watch.h"
#include "provision/python/status_error.h"
#include "provision/record_json.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

using provision::Cluster;
using provision::NodeRecord;
using provision::Report;
using Names = std::vector<std::string>;

// (code, message, [(node, ok, text)]); the code is "OK" when all is well.
py::tuple ToTuple(const Report& report) {
  py::list nodes;
  for (const provision::NodeResult& node : report.nodes) {
    nodes.append(py::make_tuple(ToStr(node.node), node.ok, ToStr(node.text)));
  }
  return py::make_tuple(absl::StatusCodeToString(report.status.code()),
                        ToStr(std::string(report.status.message())), nodes);
}

py::str ToText(const NodeRecord& node) { return ToStr(provision::ToJson(node)); }

void AddPlugins(const std::unique_ptr<Cluster>& cluster) {
  cluster->AddObserver(
      provision::MakePluginObserver(provision::PlanOfReceipt(cluster->record()), {}));
}
void AddPlugins(const absl::StatusOr<std::unique_ptr<Cluster>>& cluster) {
  if (cluster.ok()) AddPlugins(*cluster);
}

// `make` needs a record, a provider, a setup and a repository.
template <typename Made>
Made With(const std::string& text, const Provider* provider, const Setup* setup,
          const Repository& repository,
          Made (*make)(provision::ClusterRecord, std::shared_ptr<provision::CloudProvider>,
                       std::shared_ptr<provision::SetupProvider>,
                       std::shared_ptr<provision::ClusterRepository>)) {
  provision::ClusterRecord record = ValueOf(provision::ClusterFromJson(text));
  const bool has_plugins = record.receipts.count(provision::kPluginReceipts) != 0;
  return WithoutGil([&] {
    Made made = make(std::move(record), provider == nullptr ? nullptr : provider->provider,
                     setup == nullptr ? nullptr : setup->setup, repository.repository);
    // As they were when it was set up; no configuration is read here.
    if (has_plugins) AddPlugins(made);
    return made;
  });
}

// Runs a long operation: without the GIL, and watched.
template <typename Work>
py::tuple Watched(const py::object& watcher, const Work& work) {
  const provision::Watch watch = MakeWatch(watcher);
  return ToTuple(WithoutGil([&] { return work(watch); }));
}

provision::StartOptions ToOptions(const py::dict& given) {
  provision::StartOptions options;
  options.min_nodes = given["min_nodes"].cast<std::map<std::string, int>>();
  options.max_concurrent = given["max_concurrent"].cast<int>();
  options.only = given["only"].cast<Names>();
  if (!given["timeout"].is_none()) {
    options.timeout = std::chrono::seconds(given["timeout"].cast<std::int64_t>());
  }
  if (!given["keeps_on_timeout"].is_none()) {
    options.keeps_on_timeout = given["keeps_on_timeout"].cast<bool>();
  }
  return options;
}

void DefineNodes(py::class_<Cluster>& cluster) {
  cluster.def("record", [](const Cluster& it) { return ToStr(provision::ToJson(it.record())); })
      .def("node", [](const Cluster& it,
                      const std::string& name) { return ToText(ValueOf(it.GetNode(name))); })
      .def("node_to_log_in_to",
           [](const Cluster& it, const std::string& name) {
             return ToText(ValueOf(it.NodeToLogInTo(name)));
           })
      .def("add_node",
           [](Cluster& it, const std::string& text) {
             NodeRecord node = ValueOf(provision::NodeFromJson(text));
             return ToText(ValueOf(WithoutGil([&] { return it.AddNode(std::move(node)); })));
           })
      .def("remove_node",
           [](Cluster& it, const std::string& name, bool stops) {
             RaiseUnlessOk(WithoutGil([&] { return it.RemoveNode(name, stops); }));
           })
      .def("start_node",
           [](Cluster& it, const std::string& name) {
             RaiseUnlessOk(WithoutGil([&] { return it.StartNode(name); }));
           })
      .def("is_alive", [](Cluster& it, const std::string& name) {
        return WithoutGil([&] { return it.IsAlive(name); });
      });
}

void DefineLife(py::class_<Cluster>& cluster) {
  cluster
      .def("start",
           [](Cluster& it, const py::dict& given, const py::object& watcher) {
             const provision::StartOptions options = ToOptions(given);
             return Watched(
                 watcher, [&](const provision::Watch& watch) { return it.Start(options, watch); });
           })
      .def("stop",
           [](Cluster& it, const Names& only, bool deletes, bool force, const py::object& watcher) {
             return Watched(watcher, [&](const provision::Watch& watch) {
               return it.Stop(only, deletes, force, watch);
             });
           })
      .def("remove",
           [](Cluster& it, const Names& names, const py::object& watcher) {
             return Watched(watcher, [&](const provision::Watch& watch) {
               return it.Remove(names, false, watch);
             });
           })
      .def("pause",
           [](Cluster& it, const Names& only, const py::object& watcher) {
             return Watched(watcher,
                            [&](const provision::Watch& watch) { return it.Pause(only, watch); });
           })
      .def("resume",
           [](Cluster& it, const Names& only, const py::object& watcher) {
             return Watched(watcher,
                            [&](const provision::Watch& watch) { return it.Resume(only, watch); });
           })
      .def("set_up",
           [](Cluster& it, const Names& arguments, const py::object& watcher) {
             return Watched(watcher, [&](const provision::Watch& watch) {
               Report report;
               report.status = it.SetUp(arguments, watch);
               return report;
             });
           })
      .def("with_receipt",
           [](Cluster& it, const std::string& name, const py::function& work) {
             // What `work` raises it keeps to itself.
             RaiseUnlessOk(WithoutGil([&] {
               return it.WithReceipt(
                   name, [&](const provision::ClusterRecord& /*cluster*/, std::string& receipt) {
                     const py::gil_scoped_acquire gil;
                     receipt = work(ToStr(receipt)).cast<std::string>();
                     return absl::OkStatus();
                   });
             }));
           })
      .def("recover", [](Cluster& it) { return ValueOf(WithoutGil([&] { return it.Recover(); })); })
      .def("save", [](Cluster& it) { RaiseUnlessOk(WithoutGil([&] { return it.Save(); })); });
}

}  // namespace

void DefineCluster(py::module_& module) {
  py::class_<Cluster> cluster(module, "Cluster");
  cluster
      .def_static(
          "make",
          [](const std::string& record, const Provider* provider, const Setup* setup,
             const Repository& repository) {
            return ValueOf(With(record, provider, setup, repository, &Cluster::Make));
          },
          py::arg(), py::arg().none(true), py::arg().none(true), py::arg())
      .def_static(
          "of",
          [](const std::string& record, const Provider* provider, const Setup* setup,
             const Repository& repository) {
            return With(record, provider, setup, repository, &Cluster::Of);
          },
          py::arg(), py::arg().none(true), py::arg().none(true), py::arg());
  DefineNodes(cluster);
  DefineLife(cluster);
}

}  // namespace muster::python_module
