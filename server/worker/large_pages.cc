#include "server/worker/large_pages.h"

#include <Python.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace muster::server {
namespace {

// Shorter ones mostly share their pages with others.
constexpr std::size_t kMinBytes = 4u << 20;
constexpr std::uintptr_t kPageBytes = 4096;

PyMemAllocatorEx allocator;  // that was there before; every function of ours hands on to it

void* Advise(void* memory, std::size_t size) {
  if (memory == nullptr || size < kMinBytes) return memory;
  const std::size_t before =
      (kPageBytes - reinterpret_cast<std::uintptr_t>(memory) % kPageBytes) % kPageBytes;
  ::madvise(static_cast<char*>(memory) + before, (size - before) / kPageBytes * kPageBytes,
            MADV_HUGEPAGE);
  return memory;
}

void* Malloc(void*, std::size_t size) {
  return Advise(allocator.malloc(allocator.ctx, size), size);
}

void* Calloc(void*, std::size_t count, std::size_t size) {
  return Advise(allocator.calloc(allocator.ctx, count, size), count * size);
}

void* Realloc(void*, void* memory, std::size_t size) {
  return Advise(allocator.realloc(allocator.ctx, memory, size), size);
}

void Free(void*, void* memory) { allocator.free(allocator.ctx, memory); }

}  // namespace

void UseLargePages() {
  // The other domains take from this one what is large.
  PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &allocator);
  PyMemAllocatorEx ours{nullptr, Malloc, Calloc, Realloc, Free};
  PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
}

}  // namespace muster::server
