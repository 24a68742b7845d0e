#include "client/python/execute_options.h"

#include <algorithm>
#include <functional>
#include <map>

#include "client/python/option_value.h"
#include "common/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

template <typename Options>
using Setters = std::map<std::string, std::function<void(Options&, const py::handle&)>>;

const Setters<ExecuteOptions>& OfExecution() {
  using Options = ExecuteOptions;
  using Given = const py::handle&;
  static const auto* const kSetters = new Setters<ExecuteOptions>{
      {"deadline", [](Options& to, Given it) { to.deadline = ToTime(it, false); }},
      {"grace", [](Options& to, Given it) { to.grace = ToTime(it, true); }},
      {"directory", [](Options& to, Given it) { to.directory = ToPath(it); }},
      {"environment", [](Options& to, Given it) { to.environment = ToEnvironment(it); }},
      {"input", [](Options& to, Given it) { to.input = ToBytes(it); }},
      {"session", [](Options& to, Given it) { to.session = ToText(it); }},
      {"retries", [](Options& to, Given it) { to.retries = ToRetries(it); }},
      {"idempotent", [](Options& to, Given it) { to.idempotent = ToSwitch(it); }},
      {"isolation", [](Options& to, Given it) { to.isolation = ToIsolation(it); }},
      {"leftovers", [](Options& to, Given it) { to.leftovers = ToLeftovers(it); }},
      {"resources", [](Options& to, Given it) { to.resources = ToResources(it); }},
      {"cpu", [](Options& to, Given it) { to.limits.cpu = ToTime(it, false); }},
      {"memory", [](Options& to, Given it) { to.limits.memory_bytes = ToCount(it, "bytes", 1); }},
      {"processes",
       [](Options& to, Given it) { to.limits.processes = ToCount(it, "processes", 1); }},
      {"file_size",
       [](Options& to, Given it) { to.limits.file_size_bytes = ToCount(it, "bytes", 0); }},
      {"open_files",
       [](Options& to, Given it) { to.limits.open_files = ToCount(it, "descriptors", 1); }},
      {"output", [](Options& to, Given it) { to.limits.output_bytes = ToCount(it, "bytes", 0); }},
  };
  return *kSetters;
}

const Setters<TransferOptions>& OfTransfer() {
  using Options = TransferOptions;
  using Given = const py::handle&;
  static const auto* const kSetters = new Setters<TransferOptions>{
      {"deadline", [](Options& to, Given it) { to.deadline = ToTime(it, false); }},
      {"grace", [](Options& to, Given it) { to.grace = ToTime(it, true); }},
      {"directory", [](Options& to, Given it) { to.directory = ToPath(it); }},
      {"durable", [](Options& to, Given it) { to.durable = ToSwitch(it); }},
      {"max_bytes", [](Options& to, Given it) { to.max_bytes = ToCount(it, "bytes", 0); }},
      {"max_files", [](Options& to, Given it) { to.max_files = ToCount(it, "files", 0); }},
  };
  return *kSetters;
}

std::string ToWord(const py::handle& word) {
  try {
    return ToBytes(word);
  } catch (const BadOption& bad) {
    throw py::type_error("a word of argv has to be " + bad.wanted + ", and not a " +
                         TypeName(word));
  }
}

template <typename Options>
[[noreturn]] void RefuseName(const std::string& name, const Setters<Options>& setters) {
  std::string why = "there is no option " + name + "; the options are";
  const char* before = " ";
  for (const auto& [word, unused] : setters) {
    why += before;
    why += word;
    before = ", ";
  }
  throw py::type_error(why);
}

template <typename Options>
Options ReadOptions(const py::dict& given, const Setters<Options>& setters) {
  Options options;
  for (const std::pair<py::handle, py::handle> entry : given) {
    const py::handle value = entry.second;
    const auto name = py::cast<std::string>(entry.first);
    const auto setter = setters.find(name);
    if (setter == setters.end()) RefuseName(name, setters);
    if (value.is_none()) continue;
    try {
      setter->second(options, value);
    } catch (const BadOption& bad) {
      RaiseBad(name, bad);
    }
  }
  return options;
}

}  // namespace

ExecuteOptions ToOptions(const py::dict& given) { return ReadOptions(given, OfExecution()); }

TransferOptions ToTransferOptions(const py::dict& given) {
  return ReadOptions(given, OfTransfer());
}

Command ToCommand(const std::string& kind, const py::object& source, const std::string& form) {
  if (kind == "argv") {
    std::vector<std::string> words;
    for (const py::handle& word : source) words.push_back(ToWord(word));
    return argv(std::move(words));
  }
  if (!py::isinstance<py::str>(source)) {
    throw py::type_error("the command has to be a str, and not a " + TypeName(source));
  }
  const std::string text = FromStr(py::reinterpret_borrow<py::str>(source));
  if (kind == "shell") return shell(text);
  return python(text, form == "data"  ? Command::Form::kData
                      : form == "str" ? Command::Form::kStr
                                      : Command::Form::kRepr);
}

Target ToTarget(const py::object& target) {
  if (py::isinstance<py::str>(target)) return {FromStr(py::reinterpret_borrow<py::str>(target))};
  if (::PyIndex_Check(target.ptr()) == 0) {
    throw py::type_error("server has to be a number from 1, or the name of a node, and not " +
                         TypeName(target));
  }
  // A number beyond int is beyond any cluster: it is refused like any other that is too large.
  const Py_ssize_t index = ::PyNumber_AsSsize_t(target.ptr(), nullptr);
  if (index == -1 && ::PyErr_Occurred() != nullptr) throw py::error_already_set();
  constexpr Py_ssize_t kMost = 2147483647;
  return {static_cast<int>(std::clamp<Py_ssize_t>(index, -kMost, kMost))};
}

}  // namespace muster::python_module
