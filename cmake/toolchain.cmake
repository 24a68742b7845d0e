# Compiler, warnings, sanitizers, ccache.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers)
if(MUSTER_WERROR)
  add_compile_options(-Werror)
endif()
if(MUSTER_THREAD_SAFETY)
  add_compile_options(-Wthread-safety)
endif()
if(MUSTER_SANITIZER)
  add_compile_options(-fsanitize=${MUSTER_SANITIZER} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MUSTER_SANITIZER})
endif()
