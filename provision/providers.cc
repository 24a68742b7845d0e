#include "provision/providers.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "common/mutex.h"
#include "provision/local_provider.h"
#include "provision/script_setup.h"
#include "provision/ssh_provider.h"

namespace muster::provision {
namespace {

struct PythonDoors {
  Mutex mutex;
  PythonProviders providers MUSTER_GUARDED_BY(mutex);
  PythonSetups setups MUSTER_GUARDED_BY(mutex);
};

PythonDoors& Doors() {
  static auto* const doors = new PythonDoors;
  return *doors;
}

constexpr char kLater[] =
    " comes later; there are local and ssh, and classes of your own in Python";

absl::Status NoSuchType(const std::string& what, const std::string& type, const char* valid) {
  return absl::InvalidArgumentError(
      absl::StrCat("there is no ", what, " '", type, "'; valid: ", valid));
}

}  // namespace

absl::StatusOr<std::shared_ptr<CloudProvider>> MakeProvider(const ProviderRecord& record) {
  if (record.type == "local") return MakeLocalProvider(record.settings);
  if (record.type == "ssh") return MakeSshProvider(record.settings);
  if (record.type == "python") {
    PythonProviders make;
    {
      const MutexLock lock(Doors().mutex);
      make = Doors().providers;
    }
    if (make) return make(record);
    return absl::FailedPreconditionError("a provider that is a class of Python cannot be run here");
  }
  for (const char* cloud : {"ec2", "ec2_boto", "openstack", "google", "gce", "azure", "libcloud"}) {
    if (record.type == cloud) {
      return absl::UnimplementedError(absl::StrCat("the provider '", record.type, "'", kLater));
    }
  }
  return NoSuchType("provider", record.type, "local, ssh, python");
}

absl::StatusOr<std::shared_ptr<SetupProvider>> MakeSetup(const ProviderRecord& record) {
  if (record.type.empty()) return std::shared_ptr<SetupProvider>();
  if (record.type == "script") return MakeScriptSetup(record.settings);
  if (record.type == "python") {
    PythonSetups make;
    {
      const MutexLock lock(Doors().mutex);
      make = Doors().setups;
    }
    if (make) return make(record);
    return absl::FailedPreconditionError("a setup that is a class of Python cannot be run here");
  }
  if (record.type == "ansible") {
    return absl::UnimplementedError("the setup 'ansible' comes later; there is script");
  }
  return NoSuchType("setup", record.type, "script, python");
}

std::vector<std::string> SettingsOfProvider(const std::string& type) {
  if (type == "local") return LocalProviderSettings();
  if (type == "ssh") return SshProviderSettings();
  if (type == "python") return {"class", "path", "arguments"};
  return {};
}

void SetPythonProviders(PythonProviders providers, PythonSetups setups) {
  const MutexLock lock(Doors().mutex);
  Doors().providers = std::move(providers);
  Doors().setups = std::move(setups);
}

}  // namespace muster::provision
