// InterpreterTraces: what a cell may leave in Python itself: variables of the environment, changed
// builtins, modules that are gone from sys.modules, threads, handlers of signals: a worker that
// keeps such is not for the next cell. And what is put back instead: what was in sys, the module
// path, recursion limit, tracing. The interpreter's thread.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace muster::server {

class InterpreterTraces {
 public:
  // As they are now. `environment`: the dict behind os.environ. False: an exception is set.
  bool Start(PyObject* environment);
  // What we wrote into the environment ourselves is no trace.
  void NoteEnvironment();

  // Puts back what can be, and names what is different and cannot; null: nothing.
  const char* Settle();
  // The same of what changes rarely and takes longer to look at.
  const char* CompareClosely();
  const char* CompareSignals();

 private:
  // A dict that should stay as it is: told by its version, in doubt by its items.
  struct Watched {
    PyObject* dict = nullptr;
    PyObject* copy = nullptr;
    std::uint64_t version = 0;
    bool Start(PyObject* watched);
    // `but`: keys that may change. May it grow: other keys may come.
    bool IsChanged(PyObject* but, bool may_grow = false);
  };
  // A list of which nothing should go.
  struct Kept {
    PyObject* list = nullptr;
    PyObject* copy = nullptr;
    bool Start(const char* name_in_sys);
    bool HasLost() const;
  };

  bool IsEnvironmentChanged();
  bool AreModulesChanged();
  void RestoreSys();
  void RestorePath();
  void RestoreLimits();

  Watched environment_;
  Watched builtins_;
  Watched modules_;  // those of the start; cells may import others
  Kept finders_;     // sys.meta_path
  Kept path_hooks_;
  PyObject* own_variables_ = nullptr;                     // a tuple of their names
  std::vector<std::pair<char*, std::string>> variables_;  // the C library's
  PyObject* sys_ = nullptr;                               // its dict
  std::uint64_t sys_version_ = 0;
  std::vector<std::pair<PyObject*, PyObject*>> sys_values_;
  PyObject* path_ = nullptr;
  std::vector<PyObject*> path_items_;
  PyObject* os_ = nullptr;
  PyObject* environ_ = nullptr;
  PyObject* signals_ = nullptr;  // the module _signal
  PyObject* handlers_ = nullptr;
  PyObject* get_digits_ = nullptr;
  PyObject* set_digits_ = nullptr;
  PyObject* streams_ = nullptr;  // how stdout and stderr are configured
  int recursion_limit_ = 0;
};

}  // namespace muster::server
