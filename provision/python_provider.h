// Providers and setups that are classes of Python, for programs of C++: they run on a private node
// (ClusterAPI::local), in processes of their own, several calls at the same time, each with a
// deadline. A record of type "python" says which class, in which file, made with what. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "provision/cloud_provider.h"
#include "provision/setup_provider.h"

namespace muster::provision {

// Makes both known to MakeProvider and MakeSetup. The private node starts with the first call.
void UsePythonProviders();

// InvalidArgument: there is no such class, or its arguments are others; FailedPrecondition: its
// module or its constructor raised something. The message names class and file.
absl::StatusOr<std::shared_ptr<CloudProvider>> MakePythonProvider(const ProviderRecord& record);
absl::StatusOr<std::shared_ptr<SetupProvider>> MakePythonSetup(const ProviderRecord& record);

}  // namespace muster::provision
