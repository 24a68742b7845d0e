// PythonPlaces: how many pieces of Python run at once, whoever runs them: processes of their own,
// or the warm workers of several identities. Who waits gets a place in turn. Event loop's thread.
#pragma once

#include <cstddef>
#include <vector>

namespace muster::server {

class PythonPlaces {
 public:
  class Seeker {
   public:
    virtual ~Seeker() = default;
    virtual bool IsSeeking() const = 0;
    // A place is there: takes it (Take), and true; or cannot use it now.
    virtual bool UsePlace() = 0;
  };

  explicit PythonPlaces(std::size_t count) : count_(count) {}

  std::size_t count() const { return count_; }
  bool IsFree() const { return taken_ < count_; }
  void Take() { ++taken_; }
  void GiveBack() { --taken_; }

  void Add(Seeker& seeker);
  void Remove(Seeker& seeker);
  // Whether anybody but this one seeks a place.
  bool OthersSeek(const Seeker& seeker) const;
  // Gives the free places to those who seek, by turns.
  void Serve();

 private:
  const std::size_t count_;
  std::size_t taken_ = 0;
  std::vector<Seeker*> seekers_;
  std::size_t turn_ = 0;
  bool is_serving_ = false;
};

}  // namespace muster::server
