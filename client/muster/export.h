// What programs see of the library. Part of ClusterAPI.h.
#pragma once

#if __cplusplus < 202002L
#error "ClusterAPI.h needs C++20: compile with -std=c++20 (CMake: CMAKE_CXX_STANDARD 20)"
#endif

#define MUSTER_EXPORT [[gnu::visibility("default")]]
