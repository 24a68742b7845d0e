// OutputWriter: hands the output of remote code to the caller's sys.stdout and sys.stderr, as they
// are at that moment. Exact bytes where the stream takes bytes; else text, decoded across pieces
// that were cut anywhere. Needs the GIL; one thread.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

namespace muster::python_module {

class OutputWriter {
 public:
  // Throws what the stream raises.
  void Write(const Event& event);

 private:
  // For the stream of the event; made when it is needed.
  pybind11::object& Decoder(Event::Stream stream);

  pybind11::object decoders_[2];
};

}  // namespace muster::python_module
