// What a descriptor that lines or input are read from is. Thread-safe.
#pragma once

#include <string>

namespace muster::clustershell {

// False: it was closed when we began. Its number may be a library's own descriptor by now, which is
// no file, pipe, socket or terminal.
bool IsInput(int fd);

// Why nothing can be read from it: it is a folder; empty: something can.
std::string WhyNotRead(int fd);

}  // namespace muster::clustershell
