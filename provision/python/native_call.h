// NativeCall: one command on one node, whose input is written and whose output is read piece by
// piece (muster/_connection.py). One thread of Python at a time.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>

namespace muster::python_module {

// A connection to one node. StatusError: its address is none.
class NativeConnection {
 public:
  NativeConnection(const std::string& cluster, const std::string& node, const std::string& address);
  ~NativeConnection();

  // Whether the node answers: None, or why not.
  pybind11::object Check(double seconds) const;
  Call Run(const std::string& node, const std::string& line, double deadline, bool has_terminal);

 private:
  std::optional<ClusterAPI> cluster_;  // none only at its end
};

void DefineCall(pybind11::module_& module);

}  // namespace muster::python_module
