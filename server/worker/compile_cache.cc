#include "server/worker/compile_cache.h"

#include <utility>

namespace muster::server {
namespace {

constexpr std::size_t kMostEntries = 256;
constexpr std::size_t kMostBytes = 1 << 20;
// The code of longer ones is not kept.
constexpr std::size_t kMostCached = 4096;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Contains(std::string_view source, std::string_view word) {
  return source.find(word) < source.size();
}

PyObject* CompileExpression(const char* source, PyObject* filename) {
  // As compile() of a str.
  PyCompilerFlags flags{PyCF_SOURCE_IS_UTF8 | PyCF_IGNORE_COOKIE, PY_MINOR_VERSION};
  return Py_CompileStringObject(source, filename, Py_eval_input, &flags, -1);
}

}  // namespace

bool MayBePlainExpression(std::string_view source) {
  // The tries of both ways would cost more than they save; and a longer one nests deeper.
  if (source.empty() || source.size() > kMostCached || source[0] == ' ') return false;
  bool has_y_or_w = false;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    // Other than ASCII and control characters; "\d" in a string warns when it is read.
    if ((c < ' ' && c != '\n') || c == '\\' || c == 127) return false;
    has_y_or_w = has_y_or_w || c == 'y' || c == 'w';
    // "1or 2" warns when it is read.
    if (i + 1 < source.size() && IsDigit(c)) {
      const char next = source[i + 1];
      if (next == 'i' || next == 'o' || next == 'f' || next == 'n' || next == 'a' || next == 's') {
        return false;
      }
      if (next == 'e' && i + 2 < source.size() && source[i + 2] == 'l') return false;
    }
  }
  // What compiles in a function only may have warned before that is found.
  return !has_y_or_w || (!Contains(source, "yield") && !Contains(source, "await"));
}

const CompileCache::Code* CompileCache::Compile(const std::string& source) {
  if (const auto found = by_source_.find(source); found != by_source_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->code;
  }
  while (!entries_.empty() &&
         (entries_.size() >= kMostEntries || bytes_ + source.size() > kMostBytes)) {
    Forget(std::prev(entries_.end()));
  }
  entries_.push_front({source});
  bytes_ += source.size();
  const auto entry = entries_.begin();
  // Not PyUnicode_FromString of the same twice: it has to be another object.
  const unsigned warnings = warnings_;
  entry->filename = PyUnicode_FromString("<command>");
  if (entry->filename == nullptr || !Fill(*entry)) {
    // The source stays, for what is printed of the error.
    return nullptr;
  }
  if (source.size() <= kMostCached && warnings == warnings_)
    by_source_.emplace(entry->source, entry);
  return &entry->code;
}

bool CompileCache::Fill(Entry& entry) {
  if (MayBePlainExpression(entry.source)) {
    entry.code.expression = CompileExpression(entry.source.c_str(), entry.filename);
    if (entry.code.expression != nullptr) return true;
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0) return false;
    PyErr_Clear();
  }
  PyObject* text = PyUnicode_DecodeUTF8(
      entry.source.data(), static_cast<Py_ssize_t>(entry.source.size()), "surrogatepass");
  if (text == nullptr) return false;
  PyObject* both = PyObject_CallFunctionObjArgs(compile_cell_, text, entry.filename, nullptr);
  Py_DECREF(text);
  if (both == nullptr) return false;
  PyObject* statements = PyTuple_GET_ITEM(both, 0);
  PyObject* expression = PyTuple_GET_ITEM(both, 1);
  if (statements != Py_None) entry.code.statements = Py_NewRef(statements);
  if (expression != Py_None) entry.code.expression = Py_NewRef(expression);
  Py_DECREF(both);
  return true;
}

void CompileCache::Forget(Entries::iterator entry) {
  if (const auto found = by_source_.find(entry->source);
      found != by_source_.end() && found->second == entry) {
    by_source_.erase(found);
  }
  bytes_ -= entry->source.size();
  Py_XDECREF(entry->code.statements);
  Py_XDECREF(entry->code.expression);
  Py_XDECREF(entry->filename);
  entries_.erase(entry);
}

const std::string* CompileCache::FindSource(PyObject* filename) const {
  for (const Entry& entry : entries_) {
    if (entry.filename == filename) return &entry.source;
  }
  return nullptr;
}

}  // namespace muster::server
