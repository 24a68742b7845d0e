// PutSource: what one put() sends, shared by the transfers to all its nodes. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "files/sender.h"

namespace muster {

class PutSource {
 public:
  // What the paths and patterns mean now. The first that means nothing is told in `missing`.
  static PutSource Find(const std::vector<std::string>& local, std::string& missing);

  PutSource(PutSource&& other) noexcept
      : paths_(std::move(other.paths_)), is_many_(other.is_many_) {}

  const std::vector<std::string>& paths() const { return paths_; }
  bool is_many() const { return is_many_; }
  // Counted by whoever asks first; the others wait.
  files::Totals totals() MUSTER_EXCLUDES(mutex_);

 private:
  PutSource() = default;

  std::vector<std::string> paths_;
  bool is_many_ = false;
  Mutex mutex_;
  std::optional<files::Totals> totals_ MUSTER_GUARDED_BY(mutex_);
};

}  // namespace muster
