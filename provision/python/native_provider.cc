#include <pybind11/stl.h>

#include <utility>

#include "common/python/gil.h"
#include "common/python/text.h"
#include "provision/providers.h"
#include "provision/python/foreign_classes.h"
#include "provision/python/native_lifecycle.h"
#include "provision/python/status_error.h"
#include "provision/record_json.h"
#include "provision/record_text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

using provision::Instance;
using provision::NodeRecord;

Instance InstanceOf(const std::string& text) {
  return ValueOf(provision::ToInstance(absl::StatusOr<std::string>(text)));
}

py::str Start(const Provider& it, const std::string& cluster, const std::string& node) {
  const provision::ClusterRecord record = ValueOf(provision::ClusterFromJson(cluster));
  const provision::StartOrder order{&record, ValueOf(provision::NodeFromJson(node))};
  return ToStr(
      provision::InstanceText(ValueOf(WithoutGil([&] { return it.provider->Start(order); }))));
}

py::list Find(const Provider& it, const std::string& owner, const std::string& cluster) {
  py::list all;
  for (const provision::LabelledInstance& found :
       ValueOf(WithoutGil([&] { return it.provider->Find(owner, cluster); }))) {
    all.append(py::make_tuple(ToStr(found.label), ToStr(provision::InstanceText(found.instance))));
  }
  return all;
}

}  // namespace

void DefineProvider(py::module_& module) {
  py::class_<Provider>(module, "Provider")
      .def(py::init([](const std::string& type, const provision::Settings& settings) {
        return Provider{ValueOf(provision::MakeProvider({type, settings}))};
      }))
      .def_static(
          "foreign",
          [](py::object adapter) { return Provider{MakeForeignProvider(std::move(adapter))}; })
      .def("record",
           [](const Provider& it) {
             return ToStr(
                 provision::ProviderText(WithoutGil([&] { return it.provider->record(); })));
           })
      .def("start", &Start)
      .def("find", &Find)
      .def("stop",
           [](const Provider& it, const std::string& text) {
             const Instance instance = InstanceOf(text);
             RaiseUnlessOk(WithoutGil([&] { return it.provider->Stop(instance); }));
           })
      .def("is_running",
           [](const Provider& it, const std::string& text) {
             const Instance instance = InstanceOf(text);
             return ValueOf(WithoutGil([&] { return it.provider->IsRunning(instance); }));
           })
      .def("addresses",
           [](const Provider& it, const std::string& text) {
             const Instance instance = InstanceOf(text);
             return ValueOf(WithoutGil([&] { return it.provider->Addresses(instance); }));
           })
      .def("pause",
           [](const Provider& it, const std::string& text) {
             const Instance instance = InstanceOf(text);
             return ToStr(ValueOf(WithoutGil([&] { return it.provider->Pause(instance); })));
           })
      .def("resume", [](const Provider& it, const std::string& text) {
        const NodeRecord node = ValueOf(provision::NodeFromJson(text));
        return ToStr(provision::InstanceText(
            ValueOf(WithoutGil([&] { return it.provider->Resume(node); }))));
      });
  module.def("settings_of_provider", &provision::SettingsOfProvider);
}

void DefineSetup(py::module_& module) {
  py::class_<Setup>(module, "Setup")
      .def(py::init([](const std::string& type, const provision::Settings& settings) {
        return Setup{ValueOf(provision::MakeSetup({type, settings}))};
      }))
      .def_static("foreign",
                  [](py::object adapter) { return Setup{MakeForeignSetup(std::move(adapter))}; })
      .def("record",
           [](const Setup& it) {
             return ToStr(provision::ProviderText(WithoutGil([&] { return it.setup->record(); })));
           })
      .def("set_up",
           [](const Setup& it, const std::string& cluster,
              const std::vector<std::string>& arguments) {
             const auto record = ValueOf(provision::ClusterFromJson(cluster));
             RaiseUnlessOk(WithoutGil([&] {
               return it.setup->SetUp(record, arguments,
                                      [](const std::string& /*node*/, const std::string&) {}, {});
             }));
           })
      .def("clean_up",
           [](const Setup& it, const std::string& cluster) {
             const auto record = ValueOf(provision::ClusterFromJson(cluster));
             RaiseUnlessOk(WithoutGil([&] { return it.setup->CleanUp(record); }));
           })
      .def("resume", [](const Setup& it, const std::string& cluster) {
        const auto record = ValueOf(provision::ClusterFromJson(cluster));
        RaiseUnlessOk(WithoutGil([&] {
          return it.setup->Resume(record, [](const std::string& /*node*/, const std::string&) {});
        }));
      });
}

void DefineRepository(py::module_& module) {
  const auto opened = [](auto repository) { return Repository{std::move(repository)}; };
  py::class_<Repository>(module, "Repository")
      .def_static("memory", [opened] { return opened(provision::MakeMemoryRepository()); })
      .def_static("sqlite",
                  [opened](const std::string& path) {
                    return opened(
                        ValueOf(WithoutGil([&] { return provision::OpenSqliteRepository(path); })));
                  })
      .def_static("folder",
                  [opened](const std::string& folder) {
                    return opened(ValueOf(
                        WithoutGil([&] { return provision::OpenFolderRepository(folder); })));
                  })
      .def_static(
          "foreign",
          [](py::object adapter) { return Repository{MakeForeignRepository(std::move(adapter))}; })
      .def("save",
           [](const Repository& it, const std::string& text) {
             const auto record = ValueOf(provision::ClusterFromJson(text));
             RaiseUnlessOk(WithoutGil([&] { return it.repository->Save(record); }));
           })
      .def("get",
           [](const Repository& it, const std::string& name) {
             return ToStr(
                 provision::ToJson(ValueOf(WithoutGil([&] { return it.repository->Get(name); }))));
           })
      .def("get_all",
           [](const Repository& it) {
             py::list all;
             for (const auto& record :
                  ValueOf(WithoutGil([&] { return it.repository->GetAll(); }))) {
               all.append(ToStr(provision::ToJson(record)));
             }
             return all;
           })
      .def("delete",
           [](const Repository& it, const std::string& name) {
             RaiseUnlessOk(WithoutGil([&] { return it.repository->Delete(name); }));
           })
      .def("description", [](const Repository& it) { return ToStr(it.repository->description()); });
}

}  // namespace muster::python_module
