#include "provision/python_provider.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/status_macros.h"
#include "provision/providers.h"
#include "provision/python_host.h"
#include "provision/record_json.h"
#include "provision/record_text.h"

namespace muster::provision {
namespace {

using Words = std::vector<std::string>;

constexpr std::chrono::minutes kQuestion{1};
constexpr std::chrono::minutes kChange{10};
constexpr std::chrono::minutes kSetup{60};

// One class, as the helper of our package finds it.
class Door {
 public:
  Door(const char* what, ProviderRecord record)
      : what_(what), record_(std::move(record)), text_(ProviderText(record_)) {
    const auto name = record_.settings.find("class");
    speaker_ = name == record_.settings.end() ? what_ : name->second;
  }

  const ProviderRecord& record() const { return record_; }
  absl::StatusOr<std::string> Call(const char* method, const Words& words,
                                   std::chrono::milliseconds deadline) const {
    ASSIGN_OR_RETURN(const std::shared_ptr<PythonHost> host, PythonHost::Get());
    return host->Call(speaker_, what_, text_, method, words, deadline);
  }

 private:
  const char* const what_;
  const ProviderRecord record_;
  const std::string text_;
  std::string speaker_;
};

class PythonProvider : public CloudProvider {
 public:
  explicit PythonProvider(Door door) : door_(std::move(door)) {}

  ProviderRecord record() const override { return door_.record(); }
  absl::StatusOr<Instance> Start(const StartOrder& order) override {
    const std::string cluster = order.cluster == nullptr ? "" : ToJson(*order.cluster);
    return ToInstance(door_.Call("start", {cluster, ToJson(order.node)}, kChange));
  }
  absl::Status Stop(const Instance& instance) override {
    return door_.Call("stop", {InstanceText(instance)}, kChange).status();
  }
  absl::StatusOr<bool> IsRunning(const Instance& instance) override {
    ASSIGN_OR_RETURN(const std::string answer,
                     door_.Call("is_running", {InstanceText(instance)}, kQuestion));
    return answer == "yes";
  }
  absl::StatusOr<std::vector<std::string>> Addresses(const Instance& instance) override {
    return ToTexts(door_.Call("addresses", {InstanceText(instance)}, kQuestion));
  }
  absl::StatusOr<std::string> Pause(const Instance& instance) override {
    return door_.Call("pause", {InstanceText(instance)}, kChange);
  }
  absl::StatusOr<Instance> Resume(const NodeRecord& node) override {
    return ToInstance(door_.Call("resume", {ToJson(node)}, kChange));
  }
  absl::StatusOr<std::vector<LabelledInstance>> Find(const std::string& owner,
                                                     const std::string& cluster) override {
    return ToLabelled(door_.Call("find", {owner, cluster}, kQuestion));
  }

 private:
  const Door door_;
};

class PythonSetup : public SetupProvider {
 public:
  explicit PythonSetup(Door door) : door_(std::move(door)) {}

  ProviderRecord record() const override { return door_.record(); }
  absl::Status SetUp(const ClusterRecord& cluster, const Words& arguments,
                     const SetupProgress& /*progress*/,
                     const std::function<int()>& /*interrupts*/) override {
    return door_.Call("set_up", {ToJson(cluster), nlohmann::json(arguments).dump()}, kSetup)
        .status();
  }
  absl::Status CleanUp(const ClusterRecord& cluster) override {
    return door_.Call("clean_up", {ToJson(cluster)}, kChange).status();
  }
  absl::Status Resume(const ClusterRecord& cluster, const SetupProgress& /*progress*/) override {
    return door_.Call("resume", {ToJson(cluster)}, kSetup).status();
  }

 private:
  const Door door_;
};

absl::Status Check(const Door& door) { return door.Call("check", {}, kQuestion).status(); }

}  // namespace

absl::StatusOr<std::shared_ptr<CloudProvider>> MakePythonProvider(const ProviderRecord& record) {
  Door door("cloud_provider", record);
  RETURN_IF_ERROR(Check(door));
  return std::make_shared<PythonProvider>(std::move(door));
}

absl::StatusOr<std::shared_ptr<SetupProvider>> MakePythonSetup(const ProviderRecord& record) {
  Door door("setup_provider", record);
  RETURN_IF_ERROR(Check(door));
  return std::make_shared<PythonSetup>(std::move(door));
}

void UsePythonProviders() { SetPythonProviders(&MakePythonProvider, &MakePythonSetup); }

}  // namespace muster::provision
