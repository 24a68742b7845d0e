// RefusalLog: log lines that a stranger can cause as often as he likes: at most one per second and
// kind; the next one says how many were left out. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace muster::server {

class RefusalLog {
 public:
  // A warning, now or never. `kind` is a word that the lines of one kind share.
  void Warn(const std::string& kind, const std::string& line);
  // Says how many were left out of kinds that have been quiet since. True: there is more to say
  // later.
  bool Flush();

 private:
  struct Kind {
    std::chrono::steady_clock::time_point next;  // when a line may be written
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace muster::server
