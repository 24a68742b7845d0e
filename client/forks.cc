#include "client/forks.h"

#include <pthread.h>

#include <atomic>

namespace muster {
namespace {

std::atomic<int> forks{0};

}  // namespace

int Forks() {
  static const int kIsWatching = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
  static_cast<void>(kIsWatching);
  return forks.load(std::memory_order_relaxed);
}

bool IsFirstToUse() {
  static const int kFirst = Forks();
  return kFirst == Forks();
}

}  // namespace muster
