// UsedIds: which ids of executions have been seen, so that none is started twice. Remembers every
// sequence number of the last connections; of one connection whole ranges, as clients count.
// Bounded: who has most of them loses his oldest, so that nobody makes it forget those of another.
// Event loop's thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "server/execution/execution_request.h"

namespace muster::server {

class UsedIds {
 public:
  // So many connections are remembered, the ones used last.
  static constexpr std::size_t kMaxStreams = 10'000;
  // So many numbers of one connection beyond an unbroken range; more make the lowest gaps count as
  // used, too: an id is refused rather than run twice.
  static constexpr std::size_t kMaxGaps = 4'096;

  // True, and used from now on: it was not seen before.
  bool Use(const ExecutionKey& key);

 private:
  using Stream = std::pair<uid_t, std::string>;
  struct Numbers {
    std::uint64_t up_to = 0;        // all from 1 to this are used
    std::set<std::uint64_t> above;  // and these
    std::list<std::string>::iterator age;
  };

  void ForgetOne();

  std::map<Stream, Numbers> streams_;
  std::map<uid_t, std::list<std::string>> ages_;  // of each caller's; the one used last is in front
};

}  // namespace muster::server
