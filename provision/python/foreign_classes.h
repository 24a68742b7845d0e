// What programs of Python write as classes of their own, as provision/ calls it. The adapters
// (muster/_foreign.py) know how such a class is called; here only texts cross. Thread-safe.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "provision/cloud_provider.h"
#include "provision/cluster_repository.h"
#include "provision/setup_provider.h"

namespace muster::python_module {

std::shared_ptr<provision::CloudProvider> MakeForeignProvider(pybind11::object adapter);
std::shared_ptr<provision::SetupProvider> MakeForeignSetup(pybind11::object adapter);
// Its locks hold within this process only: a class of one's own has none.
std::shared_ptr<provision::ClusterRepository> MakeForeignRepository(pybind11::object adapter);

}  // namespace muster::python_module
