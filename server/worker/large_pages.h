// Large pages for Python's large objects: the memory of a GiB is there four times as fast in pages
// of 2 MiB as in small ones. numpy does the same for its arrays.
#pragma once

namespace muster::server {

// For all that Python allocates from now on and that is large. Once, when Python is there, on the
// thread that has its lock. What the kernel does not give is done without.
void UseLargePages();

}  // namespace muster::server
