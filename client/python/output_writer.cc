#include "client/python/output_writer.h"

namespace py = pybind11;

namespace muster::python_module {

void OutputWriter::Write(const Event& event) {
  const char* name = event.stream == Event::Stream::kStdout ? "stdout" : "stderr";
  const py::object stream = py::module_::import("sys").attr(name);
  if (stream.is_none()) return;  // a program without standard streams
  if (py::hasattr(stream, "buffer")) {
    stream.attr("flush")();  // what the caller printed before comes before
    const py::object buffer = stream.attr("buffer");
    buffer.attr("write")(py::bytes(event.data));
    buffer.attr("flush")();
    return;
  }
  stream.attr("write")(Decoder(event.stream).attr("decode")(py::bytes(event.data)));
}

py::object& OutputWriter::Decoder(Event::Stream stream) {
  py::object& decoder = decoders_[stream == Event::Stream::kStdout ? 0 : 1];
  if (!decoder) {
    const py::object make = py::module_::import("codecs").attr("getincrementaldecoder")("utf-8");
    decoder = make("backslashreplace");
  }
  return decoder;
}

}  // namespace muster::python_module
