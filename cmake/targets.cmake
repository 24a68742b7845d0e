# muster_library(NAME SOURCES … DEPENDS …): one folder is one static library, alias muster::NAME.
function(muster_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(muster_${name} STATIC ${ARG_SOURCES})
  add_library(muster::${name} ALIAS muster_${name})
  target_include_directories(muster_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(muster_${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# muster_static_abseil(TARGET): for programs that fork. Each shared library is five mappings that a fork
# copies and that every fork resolves again; Abseil is thirty of them. What TARGET needs of it comes from
# archives, and the shared ones, behind them on the line, are left out.
function(muster_static_abseil target)
  if(MUSTER_SANITIZER)
    return()
  endif()
  set(archives ${ABSEIL_STATIC_LIBRARIES})
  list(FILTER archives INCLUDE REGEX "^absl_")
  list(TRANSFORM archives PREPEND "-l")
  list(JOIN archives "," archives)
  target_link_libraries(${target} PRIVATE
    "-Wl,--as-needed,--start-group,-Bstatic,${archives},-Bdynamic,--end-group")
  target_link_options(${target} PRIVATE -Wl,-z,now)
endfunction()
