#include "server/worker/execution_variables.h"

#include <stdlib.h>
#include <string.h>

#include <charconv>

namespace muster::server {
namespace {

constexpr std::size_t kLongest = 64;  // 32 digits, a dash and a number
constexpr char kHex[] = "0123456789abcdef";

std::uint64_t VersionOf(PyObject* dict) {
  return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
}

}  // namespace

bool ExecutionVariables::Start(PyObject* environment) {
  environment_ = environment;
  return StartOne(execution_, "MUSTER_EXECUTION") && StartOne(size_, "MUSTER_SIZE") &&
         StartOne(rank_, "MUSTER_RANK");
}

bool ExecutionVariables::StartOne(Variable& variable, const char* name) {
  variable.name = PyBytes_FromString(name);
  if (variable.name == nullptr) return false;
  variable.name_size = ::strlen(name) + 1;
  // Stays the environment's for good.
  variable.text = static_cast<char*>(::calloc(1, variable.name_size + kLongest));
  ::memcpy(variable.text, name, variable.name_size - 1);
  variable.text[variable.name_size - 1] = '=';
  return ::putenv(variable.text) == 0;
}

bool ExecutionVariables::SetOne(Variable& variable, std::string_view value, bool is_touched) {
  char* text = variable.text + variable.name_size;
  ::memcpy(text, value.data(), value.size());
  text[value.size()] = '\0';
  // Back into its place, where a cell took it out.
  if (is_touched && ::putenv(variable.text) != 0) return PyErr_NoMemory() != nullptr;
  // Only os.environ has it beside us, so nobody sees that it changes.
  PyObject* there = variable.value;
  if (!is_touched && there != nullptr && Py_REFCNT(there) == 2 &&
      PyBytes_GET_SIZE(there) == static_cast<Py_ssize_t>(value.size())) {
    ::memcpy(PyBytes_AS_STRING(there), value.data(), value.size());
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    reinterpret_cast<PyBytesObject*>(there)->ob_shash = -1;
#pragma GCC diagnostic pop
    return true;
  }
  Py_CLEAR(variable.value);
  variable.value = PyBytes_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size()));
  return variable.value != nullptr &&
         PyDict_SetItem(environment_, variable.name, variable.value) == 0;
}

bool ExecutionVariables::Set(const WorkerRequest& request) {
  char text[kLongest];
  // A cell wrote there, or nobody did yet.
  const bool is_touched = version_ != VersionOf(environment_);
  if (is_touched || request.size != last_.size) {
    const auto end = std::to_chars(text, text + sizeof(text), request.size);
    if (!SetOne(size_, {text, static_cast<std::size_t>(end.ptr - text)}, is_touched)) return false;
  }
  if (is_touched || request.rank != last_.rank) {
    const auto end = std::to_chars(text, text + sizeof(text), request.rank);
    if (!SetOne(rank_, {text, static_cast<std::size_t>(end.ptr - text)}, is_touched)) return false;
  }
  char* at = text;
  for (const char byte : request.stream_id) {
    *at++ = kHex[static_cast<unsigned char>(byte) >> 4];
    *at++ = kHex[static_cast<unsigned char>(byte) & 15];
  }
  *at++ = '-';
  at = std::to_chars(at, text + sizeof(text), request.sequence).ptr;
  last_ = request;
  const bool done = SetOne(execution_, {text, static_cast<std::size_t>(at - text)}, is_touched);
  version_ = VersionOf(environment_);
  return done;
}

}  // namespace muster::server
