#include "client/put_source.h"

#include "files/name.h"

namespace muster {

PutSource PutSource::Find(const std::vector<std::string>& local, std::string& missing) {
  PutSource source;
  source.is_many_ = local.size() > 1;
  for (const std::string& path : local) {
    std::vector<std::string> found = files::Expand(path);
    if (found.empty() && missing.empty()) missing = path;
    source.is_many_ =
        source.is_many_ || found.size() > 1 || (found.size() == 1 && found.front() != path);
    for (std::string& one : found) source.paths_.push_back(std::move(one));
  }
  return source;
}

files::Totals PutSource::totals() {
  const MutexLock lock(mutex_);
  if (!totals_) totals_ = files::CountAll(paths_);
  return *totals_;
}

}  // namespace muster
