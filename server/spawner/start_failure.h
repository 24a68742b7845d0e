// StartFailure: which step of a start did not work. Plain data.
#pragma once

#include <string>

namespace muster::server {

struct StartFailure {
  std::string step;
  int error = 0;  // an errno; 0: the step says it all
};

}  // namespace muster::server
