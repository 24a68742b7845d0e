# Compiler, warnings, sanitizers, ccache.

find_program(CCACHE ccache)
if(CCACHE)
  # So that clones at different paths share what they compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=true
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

# -O3 makes nothing here faster and everything slower to build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlaps in `"text" + std::string` where there are none; 13 does not.
  add_compile_options(-Wno-restrict)
endif()
if(MUSTER_PRECOMPILED)
  # The first, or ccache cannot see what a precompiled header holds; the second, since one serves
  # only what is compiled with the same flags, and what links gRPC has it.
  add_compile_options(-fpch-preprocess -pthread)
  # g++ 12 sees writes behind a string's end that it does not see in the other builds.
  add_compile_options(-Wno-array-bounds -Wno-stringop-overflow)
endif()
if(MUSTER_WERROR)
  add_compile_options(-Werror)
endif()
if(MUSTER_THREAD_SAFETY)
  add_compile_options(-Wthread-safety)
endif()
if(MUSTER_SANITIZER)
  # With its sanitizers g++ 12 takes the standard library's own variables for uninitialised.
  add_compile_options(-fsanitize=${MUSTER_SANITIZER} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  if(MUSTER_SANITIZER MATCHES "undefined")
    # It asks the kernel through a pipe whether an object is there: without descriptors, none is.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  add_link_options(-fsanitize=${MUSTER_SANITIZER})
endif()
