// SshHost: one host, and what an ssh provider does on it: a script that a shell there reads
// (ssh_host.sh), a few connections at a time, tried again where trying helps. Thread-safe; blocks.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/mutex.h"
#include "provision/bundle.h"

namespace muster::provision {

// How many ssh may be there at once.
class SshTurns {
 public:
  explicit SshTurns(int count) : free_(count) {}

  // Held by one that is.
  class Turn {
   public:
    explicit Turn(SshTurns& turns);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    SshTurns& turns_;
  };

 private:
  Mutex mutex_;
  CondVar changed_;
  int free_ MUSTER_GUARDED_BY(mutex_);
};

class SshHost {
 public:
  // `address`: the way to it; `connect_timeout` counts for each try.
  SshHost(Address address, std::shared_ptr<SshTurns> turns, std::chrono::seconds connect_timeout)
      : address_(std::move(address)), turns_(std::move(turns)), connect_timeout_(connect_timeout) {}

  // "ann@web1:2222", as messages and records call it.
  std::string name() const;
  const Address& address() const { return address_; }

  // Calls a function of the script there; the answer: what stood behind "muster: ", line by line.
  // `bundle`, when not null, goes along. Every message begins with the host.
  //   Unavailable: the host cannot be reached (what ssh said); it was tried again.
  //   PermissionDenied: it does not let us in, or its key is not the one that is known: tried once.
  //   DeadlineExceeded: it was reached, and did not answer in time.
  //   FailedPrecondition: the script says why not.
  absl::StatusOr<std::vector<std::string>> Call(const std::vector<std::string>& words,
                                                std::chrono::seconds longest,
                                                const Bundle* bundle = nullptr) const;

 private:
  absl::StatusOr<std::vector<std::string>> CallOnce(const std::string& script,
                                                    std::chrono::seconds longest,
                                                    const Bundle* bundle) const;

  const Address address_;
  const std::shared_ptr<SshTurns> turns_;
  const std::chrono::seconds connect_timeout_;
};

}  // namespace muster::provision
