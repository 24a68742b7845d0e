# Everything comes from Debian's packages (scripts/packages names them); nothing is vendored.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# Debian's gRPC brings its own Protobuf and Abseil; the module form of FindProtobuf goes with it.
find_package(absl REQUIRED CONFIG)
# Its archives, for muster_static_abseil.
pkg_check_modules(ABSEIL REQUIRED absl_status absl_statusor absl_strings absl_str_format)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED CONFIG)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

find_package(spdlog REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
pkg_check_modules(LIBEDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(YAML_CPP REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(LIBCBOR REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)

# The system's Python, not another one that happens to stand first in PATH.
set(MUSTER_PYTHON /usr/bin/python3 CACHE FILEPATH "The Python that runs on the nodes")
set(Python3_EXECUTABLE ${MUSTER_PYTHON})
set(Python_EXECUTABLE ${MUSTER_PYTHON})
set(PYBIND11_FINDPYTHON ON)
find_package(Python COMPONENTS Interpreter Development REQUIRED)
find_package(pybind11 REQUIRED CONFIG)
message(STATUS "Python of the nodes: ${Python_EXECUTABLE} ${Python_VERSION}")

# Where the system's Python looks for modules below this prefix; elsewhere PYTHONPATH names the folder.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr/local")
  set(python_folder lib/python${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}/dist-packages)
else()
  set(python_folder lib/python3/dist-packages)
endif()
set(MUSTER_INSTALL_PYTHONDIR ${python_folder} CACHE STRING
    "The folder of the Python module below the prefix")
