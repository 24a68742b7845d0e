// Marks hand-overs between threads that pass through a library which is not instrumented (gRPC):
// what happened before TsanRelease(p) happened before a later TsanAcquire(p). Nothing without the
// thread sanitizer.
#pragma once

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace muster {

// With the thread sanitizer everything takes a multiple of the time: how long a peer may be silent
// is multiplied by this.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kTsanSlowness = 5;
#else
inline constexpr int kTsanSlowness = 1;
#endif

#if defined(__SANITIZE_THREAD__)
inline void TsanAcquire(void* address) { __tsan_acquire(address); }
inline void TsanRelease(void* address) { __tsan_release(address); }
#else
inline void TsanAcquire(void*) {}
inline void TsanRelease(void*) {}
#endif

}  // namespace muster
