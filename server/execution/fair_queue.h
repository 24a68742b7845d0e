// FairQueue: executions that wait for a place. First come, first served within one client; between
// the clients of a user by turns, and between users by turns, so that ten thousand of one do not
// keep the single one of another waiting. Event loop's thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "server/execution/execution.h"

namespace muster::server {

class FairQueue {
 public:
  void Push(std::shared_ptr<Execution> execution);
  // The next one, which leaves the queue; null when nobody waits.
  std::shared_ptr<Execution> Pop();
  // False: it does not wait here.
  bool Remove(const Execution& execution);

  bool IsEmpty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  using Client = std::pair<uid_t, std::string>;
  void Forget(const Client& client);
  static Client ClientOf(const Execution& execution);

  std::map<Client, std::deque<std::shared_ptr<Execution>>> waiting_;  // none of them is empty
  std::map<uid_t, std::deque<Client>> turns_;  // the clients in waiting_, by user
  std::deque<uid_t> users_;                    // in turns_
  std::size_t size_ = 0;
};

}  // namespace muster::server
