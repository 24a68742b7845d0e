# muster_library(NAME SOURCES … DEPENDS …): one folder is one static library, alias muster::NAME.
function(muster_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(muster_${name} STATIC ${ARG_SOURCES})
  add_library(muster::${name} ALIAS muster_${name})
  target_include_directories(muster_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(muster_${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# muster_finds_libraries_in(TARGET FOLDER [also for the libraries' own needs]): beside the program, in
# FOLDER, it looks first; there scripts/bundle puts what a host may lack. Where the folder is missing,
# as here and where Muster is installed, the system's are found as ever.
function(muster_finds_libraries_in target folder)
  # The same in the build and installed: no room is kept for another, which would be an empty path.
  set_target_properties(${target} PROPERTIES
    INSTALL_RPATH "$ORIGIN/${folder}" BUILD_WITH_INSTALL_RPATH ON)
  if(ARGC GREATER 2)
    target_link_options(${target} PRIVATE LINKER:--disable-new-dtags)
  else()
    target_link_options(${target} PRIVATE LINKER:--enable-new-dtags)
  endif()
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
