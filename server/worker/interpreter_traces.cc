#include "server/worker/interpreter_traces.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace muster::server {
namespace {

constexpr const char* kOwnVariables[] = {"MUSTER_EXECUTION", "MUSTER_SIZE", "MUSTER_RANK"};
constexpr const char* kStreamAttributes[] = {"encoding", "errors", "line_buffering",
                                             "write_through"};

std::uint64_t VersionOf(PyObject* dict) {
  return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
}

bool IsOwnVariable(std::string_view variable) {
  return std::any_of(std::begin(kOwnVariables), std::end(kOwnVariables), [&](const char* name) {
    const std::string_view own(name);
    return variable.substr(0, own.size()) == own && variable.substr(own.size(), 1) == "=";
  });
}

// A list of what Python calls for each signal.
PyObject* HandlersOf(PyObject* signals) {
  PyObject* handlers = PyList_New(0);
  for (int signal = 1; handlers != nullptr && signal < NSIG; ++signal) {
    PyObject* handler = PyObject_CallMethod(signals, "getsignal", "i", signal);
    if (handler == nullptr) {
      PyErr_Clear();  // no signal of the user's
      handler = Py_NewRef(Py_None);
    }
    PyList_Append(handlers, handler);
    Py_DECREF(handler);
  }
  return handlers;
}

// A list; None for what they have not.
PyObject* ConfigurationOfStreams() {
  PyObject* values = PyList_New(0);
  for (const char* stream : {"stdout", "stderr"}) {
    for (const char* name : kStreamAttributes) {
      PyObject* value = PyObject_GetAttrString(PySys_GetObject(stream), name);
      if (value == nullptr) {
        PyErr_Clear();
        value = Py_NewRef(Py_None);
      }
      PyList_Append(values, value);
      Py_DECREF(value);
    }
  }
  return values;
}

bool HasSameItems(PyObject* one, PyObject* other) {
  if (PyList_GET_SIZE(one) != PyList_GET_SIZE(other)) return false;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(one); ++i) {
    if (PyList_GET_ITEM(one, i) != PyList_GET_ITEM(other, i)) return false;
  }
  return true;
}

}  // namespace

bool InterpreterTraces::Watched::Start(PyObject* watched) {
  dict = watched;
  copy = PyDict_Copy(watched);
  version = VersionOf(watched);
  return copy != nullptr;
}

bool InterpreterTraces::Watched::IsChanged(PyObject* but, bool may_grow) {
  if (VersionOf(dict) == version) return false;
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t expected = 0;
  while (PyDict_Next(copy, &at, &key, &value) != 0) {
    PyObject* now = PyDict_GetItemWithError(dict, key);
    if (now == nullptr) PyErr_Clear();
    if (now == nullptr) return true;
    ++expected;
    if (now == value || (but != nullptr && PySequence_Contains(but, key) == 1)) continue;
    const bool is_same_text = PyBytes_CheckExact(now) && PyBytes_CheckExact(value) &&
                              PyObject_RichCompareBool(now, value, Py_EQ) == 1;
    if (!is_same_text) return true;
  }
  if (!may_grow && PyDict_GET_SIZE(dict) != expected) return true;
  version = VersionOf(dict);
  return false;
}

bool InterpreterTraces::Kept::Start(const char* name_in_sys) {
  list = Py_XNewRef(PySys_GetObject(name_in_sys));
  copy = list != nullptr ? PyList_GetSlice(list, 0, PyList_GET_SIZE(list)) : nullptr;
  return copy != nullptr;
}

bool InterpreterTraces::Kept::HasLost() const {
  // As a rule nothing was put before them.
  Py_ssize_t at = 0;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(copy); ++i) {
    while (at < PyList_GET_SIZE(list) && PyList_GET_ITEM(list, at) != PyList_GET_ITEM(copy, i)) {
      ++at;
    }
    if (at++ == PyList_GET_SIZE(list)) return true;
  }
  return false;
}

bool InterpreterTraces::Start(PyObject* environment) {
  PyObject* builtins = PyImport_ImportModule("builtins");
  os_ = PyImport_ImportModule("os");
  signals_ = PyImport_ImportModule("_signal");
  PyObject* sys = PyImport_ImportModule("sys");
  own_variables_ = Py_BuildValue("(yyy)", kOwnVariables[0], kOwnVariables[1], kOwnVariables[2]);
  if (builtins == nullptr || os_ == nullptr || signals_ == nullptr || sys == nullptr ||
      own_variables_ == nullptr || !environment_.Start(environment) ||
      !builtins_.Start(PyModule_GetDict(builtins)) || !modules_.Start(PyImport_GetModuleDict()) ||
      !finders_.Start("meta_path") || !path_hooks_.Start("path_hooks")) {
    return false;
  }
  // It is another one for each cell.
  if (PyDict_DelItemString(modules_.copy, "__main__") != 0) PyErr_Clear();
  environ_ = PyObject_GetAttrString(os_, "environ");
  handlers_ = HandlersOf(signals_);
  sys_ = PyModule_GetDict(sys);
  Py_ssize_t at = 0;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(sys_, &at, &name, &value) != 0) {
    sys_values_.emplace_back(Py_NewRef(name), Py_NewRef(value));
  }
  sys_version_ = VersionOf(sys_);
  path_ = PySys_GetObject("path");
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path_); ++i) {
    path_items_.push_back(Py_NewRef(PyList_GET_ITEM(path_, i)));
  }
  get_digits_ = Py_XNewRef(PySys_GetObject("get_int_max_str_digits"));
  set_digits_ = Py_XNewRef(PySys_GetObject("set_int_max_str_digits"));
  streams_ = ConfigurationOfStreams();
  recursion_limit_ = Py_GetRecursionLimit();
  RestoreLimits();
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables_.emplace_back(*variable, *variable);
  }
  return environ_ != nullptr && handlers_ != nullptr && get_digits_ != nullptr &&
         set_digits_ != nullptr && streams_ != nullptr;
}

void InterpreterTraces::NoteEnvironment() { environment_.version = VersionOf(environment_.dict); }

bool InterpreterTraces::IsEnvironmentChanged() {
  std::size_t count = 0;
  bool is_same = true;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    is_same = is_same && count < variables_.size() && variables_[count].first == *variable;
    ++count;
  }
  if (is_same && count == variables_.size()) return false;
  if (count != variables_.size()) return true;
  // The same text at another place is no change, but for ours, which we rewrite in their place.
  std::vector<std::pair<char*, std::string>> now;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const auto known = std::find_if(variables_.begin(), variables_.end(), [&](const auto& before) {
      if (IsOwnVariable(before.second)) return before.first == *variable;
      return before.second == *variable;
    });
    if (known == variables_.end()) return true;
    now.emplace_back(*variable, known->second);
  }
  variables_ = std::move(now);
  return false;
}

bool InterpreterTraces::AreModulesChanged() {
  if (VersionOf(modules_.dict) == modules_.version) return false;
  Py_ssize_t at = 0;
  PyObject* name = nullptr;
  PyObject* module = nullptr;
  while (PyDict_Next(modules_.dict, &at, &name, &module) != 0) {
    if (module == Py_None) return true;  // who imports it is told that there is none
  }
  return modules_.IsChanged(nullptr, true);
}

void InterpreterTraces::RestoreSys() {
  if (VersionOf(sys_) == sys_version_) return;
  for (const auto& [name, value] : sys_values_) {
    if (PyDict_GetItemWithError(sys_, name) != value) PyDict_SetItem(sys_, name, value);
  }
  PyErr_Clear();
  sys_version_ = VersionOf(sys_);
}

void InterpreterTraces::RestorePath() {
  bool is_same = static_cast<std::size_t>(PyList_GET_SIZE(path_)) == path_items_.size();
  for (std::size_t i = 0; is_same && i < path_items_.size(); ++i) {
    is_same = PyList_GET_ITEM(path_, static_cast<Py_ssize_t>(i)) == path_items_[i];
  }
  if (is_same) return;
  PyObject* items = PyList_New(0);
  for (PyObject* item : path_items_) PyList_Append(items, item);
  PyList_SetSlice(path_, 0, PyList_GET_SIZE(path_), items);
  Py_DECREF(items);
}

void InterpreterTraces::RestoreLimits() {
  if (Py_GetRecursionLimit() != recursion_limit_) Py_SetRecursionLimit(recursion_limit_);
  if (PyGC_IsEnabled() == 0) PyGC_Enable();
  const PyThreadState* thread = PyThreadState_Get();
  if (thread->c_tracefunc != nullptr) PyEval_SetTrace(nullptr, nullptr);
  if (thread->c_profilefunc != nullptr) PyEval_SetProfile(nullptr, nullptr);
  PyObject* digits = PyObject_CallNoArgs(get_digits_);
  if (digits != nullptr && PyLong_AsLong(digits) != 0) {
    Py_XDECREF(PyObject_CallFunction(set_digits_, "i", 0));
  }
  Py_XDECREF(digits);
  if (PyErr_Occurred() != nullptr) PyErr_Clear();
}

const char* InterpreterTraces::Settle() {
  RestoreSys();
  RestorePath();
  RestoreLimits();
  if (PyThreadState_Next(PyInterpreterState_ThreadHead(PyInterpreterState_Get())) != nullptr) {
    return "a thread";
  }
  if (IsEnvironmentChanged() || environment_.IsChanged(own_variables_)) {
    return "another environment";
  }
  if (AreModulesChanged()) return "other modules";
  if (finders_.HasLost() || path_hooks_.HasLost()) return "other ways to import";
  return builtins_.IsChanged(nullptr) ? "other builtins" : nullptr;
}

const char* InterpreterTraces::CompareClosely() {
  PyObject* environment = PyObject_GetAttrString(os_, "environ");
  Py_XDECREF(environment);
  PyObject* streams = ConfigurationOfStreams();
  const bool is_configured =
      streams != nullptr && PyObject_RichCompareBool(streams, streams_, Py_EQ) == 1;
  Py_XDECREF(streams);
  PyErr_Clear();
  if (environment != environ_) return "another os.environ";
  return is_configured ? nullptr : "a stream that was configured anew";
}

const char* InterpreterTraces::CompareSignals() {
  Py_XDECREF(PyObject_CallMethod(signals_, "set_wakeup_fd", "i", -1));
  PyErr_Clear();
  PyObject* handlers = HandlersOf(signals_);
  const bool is_same = handlers != nullptr && HasSameItems(handlers, handlers_);
  Py_XDECREF(handlers);
  return is_same ? nullptr : "another signal handler";
}

}  // namespace muster::server
