// SharedCluster: the one cluster that the functions of the Python module talk to: the one of the
// configuration, connected at first use. Thread-safe; needs no GIL.
#pragma once

#include <ClusterAPI.h>

#include <memory>

#include "common/mutex.h"

namespace muster::python_module {

class SharedCluster {
 public:
  // A failure is not kept: the next use tries again.
  Result<std::shared_ptr<ClusterAPI>> Get() MUSTER_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::shared_ptr<ClusterAPI> cluster_ MUSTER_GUARDED_BY(mutex_);
};

// The one of this process. It never ends: threads may use it while the interpreter does.
SharedCluster& TheCluster();

}  // namespace muster::python_module
