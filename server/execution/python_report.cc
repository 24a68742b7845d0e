#include "server/execution/python_report.h"

#include <algorithm>

#include "server/spawner/frame.h"

namespace muster::server {
namespace {
// As the runner sends them.
constexpr std::uint32_t kMaxCauses = 16;
}  // namespace

Outcome::PythonException ReadException(std::string_view payload) {
  PayloadReader reader(payload);
  Outcome::PythonException exception;
  exception.type = reader.Bytes();
  exception.message = reader.Bytes();
  exception.traceback = reader.Bytes();
  exception.line = reader.U32();
  exception.error_number = static_cast<int>(reader.U32());
  for (std::uint32_t left = std::min(reader.U32(), kMaxCauses); left > 0; --left) {
    exception.causes.push_back({reader.Bytes(), reader.Bytes(), reader.U8() != 0});
  }
  return exception;
}

}  // namespace muster::server
