#include <pybind11/pybind11.h>

// pybind11 first: Python.h has to come before the standard headers.
#include <utility>

#include "server/spawner/frame.h"
#include "server/worker/exception_report.h"

namespace py = pybind11;

namespace muster::server {

PyObject* MakeExceptionSender(std::function<bool(const std::string& payload)> send) {
  return py::cpp_function([send = std::move(send)](const std::string& type,
                                                   const std::string& message,
                                                   const std::string& traceback, unsigned line,
                                                   unsigned error_number, const py::list& causes) {
           PayloadWriter writer;
           writer.Bytes(type).Bytes(message).Bytes(traceback).U32(line).U32(error_number);
           writer.U32(static_cast<std::uint32_t>(causes.size()));
           for (const py::handle cause : causes) {
             const auto fields = cause.cast<py::tuple>();
             writer.Bytes(fields[0].cast<std::string>()).Bytes(fields[1].cast<std::string>());
             writer.U8(fields[2].cast<bool>() ? 1 : 0);
           }
           if (!send(writer.payload())) throw py::error_already_set();
         })
      .release()
      .ptr();
}

}  // namespace muster::server
