#include "provision/python/foreign_classes.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "provision/python/foreign_object.h"
#include "provision/record_json.h"
#include "provision/record_text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

using provision::ClusterRecord;
using provision::Instance;
using provision::NodeRecord;
using provision::ProviderRecord;
using provision::ToInstance;
using provision::ToLabelled;
using provision::ToTexts;

class ForeignProvider : public provision::CloudProvider {
 public:
  explicit ForeignProvider(py::object adapter) : adapter_(std::move(adapter)) {}

  ProviderRecord record() const override { return RecordOf(adapter_); }

  absl::StatusOr<Instance> Start(const provision::StartOrder& order) override {
    return ToInstance(adapter_.Call(
        "start", {order.cluster == nullptr ? "" : ToJson(*order.cluster), ToJson(order.node)}));
  }
  absl::Status Stop(const Instance& instance) override {
    return adapter_.Call("stop", {provision::InstanceText(instance)}).status();
  }
  absl::StatusOr<bool> IsRunning(const Instance& instance) override {
    const absl::StatusOr<std::string> answer =
        adapter_.Call("is_running", {provision::InstanceText(instance)});
    if (!answer.ok()) return answer.status();
    return *answer == "yes";
  }
  absl::StatusOr<std::vector<std::string>> Addresses(const Instance& instance) override {
    return ToTexts(adapter_.Call("addresses", {provision::InstanceText(instance)}));
  }
  absl::StatusOr<std::string> Pause(const Instance& instance) override {
    return adapter_.Call("pause", {provision::InstanceText(instance)});
  }
  absl::StatusOr<Instance> Resume(const NodeRecord& node) override {
    return ToInstance(adapter_.Call("resume", {ToJson(node)}));
  }
  absl::StatusOr<std::vector<provision::LabelledInstance>> Find(
      const std::string& owner, const std::string& cluster) override {
    return ToLabelled(adapter_.Call("find", {owner, cluster}));
  }

  static ProviderRecord RecordOf(const ForeignObject& adapter) {
    const absl::StatusOr<std::string> text = adapter.Call("record", {});
    return text.ok() ? provision::ProviderFromText(*text) : ProviderRecord{"python", {}};
  }

 private:
  const ForeignObject adapter_;
};

class ForeignSetup : public provision::SetupProvider {
 public:
  explicit ForeignSetup(py::object adapter) : adapter_(std::move(adapter)) {}

  ProviderRecord record() const override { return ForeignProvider::RecordOf(adapter_); }
  absl::Status SetUp(const ClusterRecord& cluster, const std::vector<std::string>& arguments,
                     const provision::SetupProgress& /*progress*/,
                     const std::function<int()>& /*interrupts*/) override {
    return adapter_.Call("set_up", {ToJson(cluster), nlohmann::json(arguments).dump()}).status();
  }
  absl::Status CleanUp(const ClusterRecord& cluster) override {
    return adapter_.Call("clean_up", {ToJson(cluster)}).status();
  }
  absl::Status Resume(const ClusterRecord& cluster,
                      const provision::SetupProgress& /*progress*/) override {
    return adapter_.Call("resume", {ToJson(cluster)}).status();
  }

 private:
  const ForeignObject adapter_;
};

class ForeignRepository : public provision::ClusterRepository {
 public:
  explicit ForeignRepository(py::object adapter)
      : adapter_(std::move(adapter)), locks_(provision::MakeMemoryRepository()) {}

  absl::Status Save(const ClusterRecord& cluster) override {
    return adapter_.Call("save", {ToJson(cluster)}).status();
  }
  absl::Status SaveNode(const ClusterRecord& cluster, const NodeRecord& /*node*/) override {
    return Save(cluster);
  }
  absl::StatusOr<ClusterRecord> Get(const std::string& name) override {
    const absl::StatusOr<std::string> text = adapter_.Call("get", {name});
    if (!text.ok()) return text.status();
    return provision::ClusterFromJson(*text);
  }
  absl::StatusOr<std::vector<ClusterRecord>> GetAll() override {
    const absl::StatusOr<std::vector<std::string>> texts = ToTexts(adapter_.Call("get_all", {}));
    if (!texts.ok()) return texts.status();
    std::vector<ClusterRecord> all;
    for (const std::string& text : *texts) {
      absl::StatusOr<ClusterRecord> record = provision::ClusterFromJson(text);
      if (!record.ok()) return record.status();
      all.push_back(*std::move(record));
    }
    return all;
  }
  absl::Status Delete(const std::string& name) override {
    return adapter_.Call("delete", {name}).status();
  }
  absl::StatusOr<std::unique_ptr<provision::ClusterLock>> Lock(const std::string& name) override {
    return locks_->Lock(name);
  }
  std::string description() const override {
    return adapter_.Call("description", {}).value_or("a class of Python");
  }

 private:
  const ForeignObject adapter_;
  const std::shared_ptr<provision::ClusterRepository> locks_;
};

}  // namespace

std::shared_ptr<provision::CloudProvider> MakeForeignProvider(py::object adapter) {
  return std::make_shared<ForeignProvider>(std::move(adapter));
}

std::shared_ptr<provision::SetupProvider> MakeForeignSetup(py::object adapter) {
  return std::make_shared<ForeignSetup>(std::move(adapter));
}

std::shared_ptr<provision::ClusterRepository> MakeForeignRepository(py::object adapter) {
  return std::make_shared<ForeignRepository>(std::move(adapter));
}

}  // namespace muster::python_module
