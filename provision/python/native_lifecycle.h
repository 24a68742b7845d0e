// Cluster, Provider, Setup and Repository of provision/, as the Python files of this package use
// them: records cross as JSON. Threads of Python share them; nothing waits with the GIL held.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "provision/cluster.h"

namespace muster::python_module {

struct Provider {
  std::shared_ptr<provision::CloudProvider> provider;
};

struct Setup {
  std::shared_ptr<provision::SetupProvider> setup;
};

struct Repository {
  std::shared_ptr<provision::ClusterRepository> repository;
};

// All that they raise is a StatusError.
void DefineProvider(pybind11::module_& module);
void DefineSetup(pybind11::module_& module);
void DefineRepository(pybind11::module_& module);
void DefineCluster(pybind11::module_& module);

}  // namespace muster::python_module
