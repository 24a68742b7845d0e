#include "client/put_source.h"

#include "files/name.h"

namespace muster {

PutSource PutSource::Find(const std::vector<std::string>& local, std::string& missing) {
  PutSource source;
  std::vector<std::string> none;
  source.paths = files::ExpandAll(local, none);
  if (!none.empty()) missing = none.front();
  // A pattern is many, also when only one matches today.
  source.is_many = local.size() > 1 || source.paths != local;
  return source;
}

}  // namespace muster
