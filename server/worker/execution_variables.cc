#include "server/worker/execution_variables.h"

#include <stdlib.h>
#include <string.h>

#include <charconv>

namespace muster::server {
namespace {

constexpr std::size_t kLongest = 64;  // 32 digits, a dash and a number
constexpr char kHex[] = "0123456789abcdef";

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

bool ExecutionVariables::SetOne(Variable& variable, std::string_view value, bool all) {
  char* text = variable.text + variable.name_size;
  ::memcpy(text, value.data(), value.size());
  text[value.size()] = '\0';
  PyObject* there = all ? nullptr : variable.value;
  // Nobody but os.environ has it, so nobody sees that it changes.
  if (there != nullptr && Py_REFCNT(there) == 1 &&
      PyBytes_GET_SIZE(there) == static_cast<Py_ssize_t>(value.size())) {
    ::memcpy(PyBytes_AS_STRING(there), value.data(), value.size());
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    reinterpret_cast<PyBytesObject*>(there)->ob_shash = -1;
#pragma GCC diagnostic pop
    return true;
  }
  PyObject* made = PyBytes_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size()));
  if (made == nullptr) return false;
  const int failed = PyDict_SetItem(environment_, variable.name, made);
  Py_DECREF(made);
  variable.value = failed == 0 ? made : nullptr;
  return failed == 0;
}

bool ExecutionVariables::Set(const WorkerRequest& request, bool all) {
  char text[kLongest];
  all = all || !has_last_;
  if (all || request.size != last_.size) {
    const auto end = std::to_chars(text, text + sizeof(text), request.size);
    if (!SetOne(size_, {text, static_cast<std::size_t>(end.ptr - text)}, all)) return false;
  }
  if (all || request.rank != last_.rank) {
    const auto end = std::to_chars(text, text + sizeof(text), request.rank);
    if (!SetOne(rank_, {text, static_cast<std::size_t>(end.ptr - text)}, all)) return false;
  }
  char* at = text;
  for (const char byte : request.stream_id) {
    *at++ = kHex[static_cast<unsigned char>(byte) >> 4];
    *at++ = kHex[static_cast<unsigned char>(byte) & 15];
  }
  *at++ = '-';
  at = std::to_chars(at, text + sizeof(text), request.sequence).ptr;
  last_ = request;
  has_last_ = true;
  return SetOne(execution_, {text, static_cast<std::size_t>(at - text)}, all);
}

}  // namespace muster::server
