#include "server/worker/cell_namespace.h"

namespace muster::server {
namespace {

std::uint64_t VersionOf(PyObject* dict) {
  return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
}

}  // namespace

bool CellNamespace::Start() {
  modules_ = PyImport_GetModuleDict();
  builtins_ = PyImport_ImportModule("builtins");
  main_ = PyUnicode_InternFromString("__main__");
  return builtins_ != nullptr && main_ != nullptr && Make(fresh_);
}

bool CellNamespace::Make(Module& made) const {
  PyObject* module = PyModule_NewObject(main_);
  if (module == nullptr) return false;
  made.module = module;
  made.globals = PyModule_GetDict(module);
  return true;
}

// As runner.py has it; multiprocessing looks for __spec__.
bool CellNamespace::Fill(PyObject* globals) const {
  PyDict_Clear(globals);
  return PyDict_SetItemString(globals, "__name__", main_) == 0 &&
         PyDict_SetItemString(globals, "__builtins__", builtins_) == 0 &&
         PyDict_SetItemString(globals, "__spec__", Py_None) == 0;
}

PyObject* CellNamespace::Begin(bool keeps) {
  keeps_ = keeps;
  Module& module = keeps ? kept_ : fresh_;
  const bool is_filled = module.module != nullptr && (keeps || version_ != 0);
  if (module.module == nullptr && !Make(module)) return nullptr;
  if (!is_filled) {
    if (!Fill(module.globals)) return nullptr;
    if (!keeps) version_ = VersionOf(module.globals);
  }
  if (PyDict_GetItemWithError(modules_, main_) != module.module &&
      PyDict_SetItem(modules_, main_, module.module) != 0) {
    return nullptr;
  }
  return module.globals;
}

bool CellNamespace::IsShared() const {
  // Ours and that of sys.modules; the module's own.
  return Py_REFCNT(fresh_.module) != 2 || Py_REFCNT(fresh_.globals) != 1 ||
         !PyModule_CheckExact(fresh_.module);
}

void CellNamespace::End() {
  if (keeps_ || fresh_.module == nullptr) return;
  const bool is_touched = version_ == 0 || VersionOf(fresh_.globals) != version_;
  if (!is_touched && !IsShared()) return;
  PyDict_Clear(fresh_.globals);
  version_ = 0;
  if (!IsShared() && PyDict_GET_SIZE(fresh_.globals) == 0) return;
  Py_CLEAR(fresh_.module);
  fresh_.globals = nullptr;
}

}  // namespace muster::server
