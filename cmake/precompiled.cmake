# Headers that nearly every file includes, parsed once: half of the time of a build. Only where it is
# asked for (MUSTER_PRECOMPILED): the other builds show that each file includes what it needs.
#
# A precompiled header serves only what is compiled with the same flags: libraries are -fPIC, programs
# -fPIE. Catch2's macros are for the tests alone.
set(precompiled
  <algorithm> <atomic> <chrono> <cstdint> <deque> <filesystem> <fstream> <functional> <map> <memory>
  <mutex> <optional> <regex> <set> <sstream> <string> <string_view> <thread> <unordered_map> <utility>
  <variant> <vector>
  <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
  <absl/strings/str_join.h> <absl/strings/str_split.h> <absl/time/time.h> <grpcpp/grpcpp.h>)
list(TRANSFORM precompiled REPLACE "(.+)" "$<$<COMPILE_LANGUAGE:CXX>:\\1>")

file(WRITE ${CMAKE_BINARY_DIR}/precompiled/empty.cc "")
file(WRITE ${CMAKE_BINARY_DIR}/precompiled/main.cc "int main() {}\n")
add_library(muster_precompiled_library STATIC ${CMAKE_BINARY_DIR}/precompiled/empty.cc)
add_library(muster_precompiled_fixture STATIC ${CMAKE_BINARY_DIR}/precompiled/empty.cc)
add_executable(muster_precompiled_program ${CMAKE_BINARY_DIR}/precompiled/main.cc)
add_executable(muster_precompiled_test ${CMAKE_BINARY_DIR}/precompiled/main.cc)
foreach(kind library fixture program test)
  target_link_libraries(muster_precompiled_${kind} PRIVATE gRPC::grpc++)
  target_precompile_headers(muster_precompiled_${kind} PRIVATE ${precompiled})
endforeach()
get_directory_property(test_options DIRECTORY ${PROJECT_SOURCE_DIR}/tests COMPILE_OPTIONS)
foreach(kind fixture test)
  set_target_properties(muster_precompiled_${kind} PROPERTIES COMPILE_OPTIONS "${test_options}")
  target_precompile_headers(muster_precompiled_${kind} PRIVATE
    "$<$<COMPILE_LANGUAGE:CXX>:<catch2/catch.hpp>>")
endforeach()

# muster_use_precompiled(FOLDER): every target of FOLDER and of the folders in it.
function(muster_use_precompiled folder)
  get_directory_property(folders DIRECTORY ${folder} SUBDIRECTORIES)
  foreach(inner ${folders})
    muster_use_precompiled(${inner})
  endforeach()
  get_directory_property(targets DIRECTORY ${folder} BUILDSYSTEM_TARGETS)
  get_directory_property(folder_options DIRECTORY ${folder} COMPILE_OPTIONS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    get_target_property(target_options ${target} COMPILE_OPTIONS)
    if(target MATCHES "^muster_precompiled_" OR type MATCHES "INTERFACE|UTILITY")
      continue()
    elseif(NOT target_options STREQUAL folder_options)  # flags of its own: none would fit
      continue()
    elseif(folder MATCHES "^${PROJECT_SOURCE_DIR}/tests")
      set(kind test)
      if(NOT type STREQUAL "EXECUTABLE")
        set(kind fixture)
      endif()
    elseif(type STREQUAL "EXECUTABLE")
      set(kind program)
    else()
      set(kind library)
    endif()
    target_precompile_headers(${target} REUSE_FROM muster_precompiled_${kind})
    get_target_property(sources ${target} SOURCES)
    foreach(source ${sources})  # flags of its own: it would not fit
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
      get_source_file_property(options ${source} DIRECTORY ${folder} COMPILE_OPTIONS)
      if(options)
        set_source_files_properties(${source} DIRECTORY ${folder} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
      endif()
    endforeach()
  endforeach()
endfunction()
muster_use_precompiled(${PROJECT_SOURCE_DIR})
