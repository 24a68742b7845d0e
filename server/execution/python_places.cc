#include "server/execution/python_places.h"

#include <algorithm>

namespace muster::server {

void PythonPlaces::Add(Seeker& seeker) { seekers_.push_back(&seeker); }

void PythonPlaces::Remove(Seeker& seeker) {
  seekers_.erase(std::remove(seekers_.begin(), seekers_.end(), &seeker), seekers_.end());
}

bool PythonPlaces::OthersSeek(const Seeker& seeker) const {
  return std::any_of(seekers_.begin(), seekers_.end(),
                     [&](const Seeker* other) { return other != &seeker && other->IsSeeking(); });
}

void PythonPlaces::Serve() {
  if (is_serving_) return;
  is_serving_ = true;
  for (std::size_t refused = 0; IsFree() && refused < seekers_.size();) {
    Seeker* const next = seekers_[turn_++ % seekers_.size()];
    if (next->IsSeeking() && next->UsePlace()) {
      refused = 0;
    } else {
      ++refused;
    }
  }
  is_serving_ = false;
}

}  // namespace muster::server
