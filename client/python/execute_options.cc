#include "client/python/execute_options.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>

#include "client/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

template <typename Options>
using Setters = std::map<std::string, std::function<void(Options&, const py::handle&)>>;

std::chrono::milliseconds ToTime(const py::handle& seconds) {
  const auto value = seconds.cast<double>();
  if (std::isnan(value)) throw py::value_error("a time is not a number");
  constexpr double kLongest = 1e12;
  return std::chrono::milliseconds(
      std::llround(std::ceil(std::clamp(value, -kLongest, kLongest) * 1000)));
}

std::string ToBytes(const py::handle& data) {
  if (py::isinstance<py::str>(data)) return FromStr(py::reinterpret_borrow<py::str>(data));
  return py::bytes(py::reinterpret_borrow<py::object>(data)).cast<std::string>();
}

std::string ToPath(const py::handle& path) {
  return py::module_::import("os").attr("fsencode")(path).cast<std::string>();
}

Isolation ToIsolation(const py::handle& name) {
  const auto word = name.cast<std::string>();
  if (word == "worker") return Isolation::kWorker;
  if (word == "fresh") return Isolation::kFresh;
  throw py::value_error("isolation is \"" + word + "\"; it has to be \"worker\" or \"fresh\"");
}

Leftovers ToLeftovers(const py::handle& name) {
  const auto word = name.cast<std::string>();
  if (word == "own_session") return Leftovers::kOwnSession;
  if (word == "reap") return Leftovers::kReap;
  if (word == "keep") return Leftovers::kKeep;
  throw py::value_error("leftovers is \"" + word +
                        "\"; it has to be \"own_session\", \"reap\" or \"keep\"");
}

const Setters<ExecuteOptions>& OfExecution() {
  using Options = ExecuteOptions;
  using Given = const py::handle&;
  static const auto* const kSetters = new Setters<ExecuteOptions>{
      {"deadline", [](Options& options, Given given) { options.deadline = ToTime(given); }},
      {"grace", [](Options& options, Given given) { options.grace = ToTime(given); }},
      {"directory", [](Options& options, Given given) { options.directory = ToPath(given); }},
      {"environment",
       [](Options& options, Given given) {
         for (const auto& [name, value] : given.cast<py::dict>()) {
           options.environment[name.cast<std::string>()] = ToBytes(value);
         }
       }},
      {"input", [](Options& options, Given given) { options.input = ToBytes(given); }},
      {"session",
       [](Options& options, Given given) { options.session = given.cast<std::string>(); }},
      {"retries", [](Options& options, Given given) { options.retries = given.cast<int>(); }},
      {"idempotent",
       [](Options& options, Given given) { options.idempotent = given.cast<bool>(); }},
      {"isolation", [](Options& options, Given given) { options.isolation = ToIsolation(given); }},
      {"leftovers", [](Options& options, Given given) { options.leftovers = ToLeftovers(given); }},
      {"cpu", [](Options& options, Given given) { options.limits.cpu = ToTime(given); }},
      {"memory", [](Options& options,
                    Given given) { options.limits.memory_bytes = given.cast<std::uint64_t>(); }},
      {"processes", [](Options& options,
                       Given given) { options.limits.processes = given.cast<std::uint64_t>(); }},
      {"file_size",
       [](Options& options, Given given) {
         options.limits.file_size_bytes = given.cast<std::uint64_t>();
       }},
      {"open_files", [](Options& options,
                        Given given) { options.limits.open_files = given.cast<std::uint64_t>(); }},
      {"output", [](Options& options,
                    Given given) { options.limits.output_bytes = given.cast<std::uint64_t>(); }},
  };
  return *kSetters;
}

const Setters<TransferOptions>& OfTransfer() {
  using Options = TransferOptions;
  using Given = const py::handle&;
  static const auto* const kSetters = new Setters<TransferOptions>{
      {"deadline", [](Options& options, Given given) { options.deadline = ToTime(given); }},
      {"grace", [](Options& options, Given given) { options.grace = ToTime(given); }},
      {"directory", [](Options& options, Given given) { options.directory = ToPath(given); }},
      {"durable", [](Options& options, Given given) { options.durable = given.cast<bool>(); }},
      {"max_bytes",
       [](Options& options, Given given) { options.max_bytes = given.cast<std::uint64_t>(); }},
      {"max_files",
       [](Options& options, Given given) { options.max_files = given.cast<std::uint64_t>(); }},
  };
  return *kSetters;
}

std::string TypeName(const py::handle& object) {
  return py::str(py::type::of(object).attr("__name__")).cast<std::string>();
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
    } catch (const py::cast_error&) {
      throw py::type_error("the option " + name + " cannot be a " + TypeName(value));
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
    for (const py::handle& word : source) words.push_back(ToBytes(word));
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
