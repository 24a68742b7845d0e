# What `cmake --install` puts where. The prefix is chosen when configuring (CMAKE_INSTALL_PREFIX): with
# /usr the libraries go to Debian's lib/ARCHITECTURE and the Python module to its dist-packages.

# Everything a user runs, and nothing that only tests need: what scripts/quickstart builds.
add_custom_target(programs)
add_dependencies(programs
  clusterd clusterd-spawner clusterd-worker clustershell muster-nodeset wordcount examples
  ClusterAPI ClusterAPI_python muster_python)

include(CMakePackageConfigHelpers)

# rpath(VARIABLE FOLDER): how a file in FOLDER finds the library, wherever the prefix is moved to.
function(muster_rpath variable folder)
  file(RELATIVE_PATH up /prefix/${folder} /prefix/${CMAKE_INSTALL_LIBDIR})
  set(${variable} "$ORIGIN/${up}" PARENT_SCOPE)
endfunction()

install(TARGETS clusterd RUNTIME)
install(TARGETS clusterd-spawner clusterd-worker
  RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/muster)
muster_rpath(from_bin ${CMAKE_INSTALL_BINDIR})
set_target_properties(clustershell muster-nodeset PROPERTIES INSTALL_RPATH ${from_bin})
install(TARGETS clustershell muster-nodeset RUNTIME)

install(TARGETS ClusterAPI EXPORT MusterTargets LIBRARY)
install(FILES client/ClusterAPI.h TYPE INCLUDE)
install(FILES
  client/muster/call_group.h client/muster/command.h client/muster/export.h client/muster/map.h
  client/muster/nodes.h client/muster/outcome.h client/muster/program.h client/muster/session.h client/muster/status.h
  client/muster/transfer.h client/muster/value.h client/muster/value_as.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/muster)
install(EXPORT MusterTargets NAMESPACE Muster:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Muster)
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/MusterConfig.cmake.in ${PROJECT_BINARY_DIR}/cmake/MusterConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Muster)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/MusterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cmake/MusterConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/MusterConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Muster)

# pkg-config tells the prefix from where it found the file, so the folder may be moved.
file(RELATIVE_PATH MUSTER_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/clusterapi.pc.in
  ${PROJECT_BINARY_DIR}/cmake/clusterapi.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/clusterapi.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

muster_rpath(from_python ${MUSTER_INSTALL_PYTHONDIR}/ClusterAPI)
set_target_properties(ClusterAPI_python PROPERTIES INSTALL_RPATH ${from_python})
install(TARGETS ClusterAPI_python LIBRARY DESTINATION ${MUSTER_INSTALL_PYTHONDIR}/ClusterAPI)
install(FILES ${MUSTER_PYTHON_SOURCES} DESTINATION ${MUSTER_INSTALL_PYTHONDIR}/ClusterAPI)
muster_rpath(from_muster ${MUSTER_INSTALL_PYTHONDIR}/muster)
set_target_properties(muster_python PROPERTIES INSTALL_RPATH ${from_muster})
install(TARGETS muster_python LIBRARY DESTINATION ${MUSTER_INSTALL_PYTHONDIR}/muster)
foreach(file IN LISTS MUSTER_LIFE_FILES)
  cmake_path(GET file PARENT_PATH folder)
  install(FILES provision/python/${file} DESTINATION ${MUSTER_INSTALL_PYTHONDIR}/${folder})
endforeach()

# As Debian calls the folder of a package; the documents' links to each other work there.
set(muster_documents ${CMAKE_INSTALL_DATAROOTDIR}/doc/muster)
install(FILES README.md ARCHITECTURE.md CONTRIBUTING.md SECURITY.md LICENSE
  DESTINATION ${muster_documents})
install(FILES docs/clusters.md docs/coming-from.md docs/configuration.md docs/cpp-reference.md docs/cpp-tutorial.md docs/examples.md
  docs/failure-semantics.md docs/files.md docs/hooks.md docs/limits.md
  docs/clusters-reference.md docs/coming-from-clush.md docs/coming-from-dustcluster.md docs/coming-from-elasticluster.md docs/coming-from-starcluster.md
  docs/plugins.md docs/plugins-reference.md docs/providers.md
  docs/nodes.md docs/one-shot.md docs/output.md docs/performance.md docs/programs.md docs/prompt.md
  docs/python-reference.md docs/python-tutorial.md docs/resources.md docs/security.md docs/ssh-cluster.md docs/targets.md docs/tour.md docs/values.md
  DESTINATION ${muster_documents}/docs)
install(DIRECTORY docs/pictures DESTINATION ${muster_documents}/docs)
install(FILES examples/bigsort.cc examples/hello.cc examples/loggrep.cc examples/pi.cc examples/sweep.cc examples/words.cc
  DESTINATION ${muster_documents}/examples)
install(FILES examples/programs/allnodes.py examples/programs/runset.py
  DESTINATION ${muster_documents}/examples/programs)
# Beside a program of python_cluster, or with this folder in PYTHONPATH, its imports find Muster.
install(FILES examples/modules/API/ClusterAPI.py
  DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/muster/modules/API)
