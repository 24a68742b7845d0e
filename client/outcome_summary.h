// OutcomeSummary: makes a GroupSummary: outcomes that ended alike become one line. Alike: the same
// kind with the same exit code or signal, or the same type of exception at the same place; of what
// they say otherwise the first one's words stand. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster {

class OutcomeSummary {
 public:
  // Null: it has not ended.
  void Add(const Outcome* outcome);
  // Once.
  GroupSummary Take();

 private:
  struct Alike {
    Outcome::Kind kind = Outcome::Kind::kOk;
    std::string what;
    std::string alone;  // if it is the only one, in its own words; empty: as `what`
    std::vector<std::string> nodes;
  };

  std::size_t size_ = 0;
  std::size_t running_ = 0;
  std::map<std::string, Alike> alike_;  // by what they have in common
};

// Where an exception was raised: "f.py:12", of the source that was sent "line 12"; empty: unknown.
std::string PlaceOf(const Exception& exception);

}  // namespace muster
