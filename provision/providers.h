// Providers by the name of their type.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "provision/cloud_provider.h"
#include "provision/setup_provider.h"

namespace muster::provision {

// "local", "ssh". InvalidArgument: no such type (it lists them; of a cloud that comes later it says
// so), or a setting that it does not have.
absl::StatusOr<std::shared_ptr<CloudProvider>> MakeProvider(const ProviderRecord& record);
// "script"; the empty type: null.
absl::StatusOr<std::shared_ptr<SetupProvider>> MakeSetup(const ProviderRecord& record);
// Of a type; for the check of templates. Empty: there is no such type.
std::vector<std::string> SettingsOfProvider(const std::string& type);

// What makes those of type "python": set by whoever can run Python (provision/python_provider.h in
// a program of C++, the module in Python).
using PythonProviders =
    std::function<absl::StatusOr<std::shared_ptr<CloudProvider>>(const ProviderRecord&)>;
using PythonSetups =
    std::function<absl::StatusOr<std::shared_ptr<SetupProvider>>(const ProviderRecord&)>;
void SetPythonProviders(PythonProviders providers, PythonSetups setups);

}  // namespace muster::provision
