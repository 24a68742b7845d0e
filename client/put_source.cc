#include "client/put_source.h"

#include "files/name.h"

namespace muster {

PutSource PutSource::Find(const std::vector<std::string>& local, std::string& missing) {
  PutSource source;
  std::vector<std::string> none;
  source.paths_ = files::ExpandAll(local, none);
  if (!none.empty()) missing = none.front();
  // A pattern is many, also when only one matches today.
  source.is_many_ = local.size() > 1 || source.paths_ != local;
  return source;
}

files::Totals PutSource::totals() {
  const MutexLock lock(mutex_);
  if (!totals_) totals_ = files::CountAll(paths_);
  return *totals_;
}

}  // namespace muster
