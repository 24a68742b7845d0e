#include "client/python/lent_memory.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/mutex.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

using Buffers = std::vector<Py_buffer>;

struct LetGo {
  Mutex mutex;
  std::vector<std::unique_ptr<Buffers>> all MUSTER_GUARDED_BY(mutex);
};

LetGo& TheLetGo() {
  static auto* const let_go = new LetGo;  // calls end after main
  return *let_go;
}

void Release(Buffers& buffers) {
  for (Py_buffer& buffer : buffers) ::PyBuffer_Release(&buffer);
  buffers.clear();
}

int TakeBackLater(void* /*unused*/) {
  TakeBack();
  return 0;
}

// On whichever thread.
void Leave(Buffers* buffers) {
  {
    LetGo& let_go = TheLetGo();
    const MutexLock lock(let_go.mutex);
    let_go.all.emplace_back(buffers);
  }
  // If there is no place for it, whoever takes next does it.
  if (::Py_IsInitialized() != 0) ::Py_AddPendingCall(&TakeBackLater, nullptr);
}

}  // namespace

void TakeBack() {
  std::vector<std::unique_ptr<Buffers>> all;
  {
    LetGo& let_go = TheLetGo();
    const MutexLock lock(let_go.mutex);
    all.swap(let_go.all);
  }
  for (const std::unique_ptr<Buffers>& buffers : all) Release(*buffers);
}

InputPieces Lend(const py::list& objects) {
  auto buffers = std::make_unique<Buffers>();
  buffers->reserve(objects.size());
  InputPieces lent;
  for (const py::handle& object : objects) {
    Py_buffer buffer;
    if (::PyObject_GetBuffer(object.ptr(), &buffer, PyBUF_SIMPLE) != 0) {
      Release(*buffers);
      throw py::error_already_set();
    }
    buffers->push_back(buffer);
    lent.pieces.emplace_back(static_cast<const char*>(buffer.buf),
                             static_cast<std::size_t>(buffer.len));
  }
  lent.keeper = std::shared_ptr<const void>(buffers.release(), [](const void* kept) {
    Leave(static_cast<Buffers*>(const_cast<void*>(kept)));
  });
  return lent;
}

}  // namespace muster::python_module
