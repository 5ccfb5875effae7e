# Every third-party package of the library, behind one imported target each: rhodrift::dep_<name>.
# A module names the ones it needs, so that a package stays behind the module that uses it. This
# file is installed too: rhodriftConfig.cmake reads it to give consumers the same targets, resolved
# on their machine.

include(CMakeFindDependencyMacro)

# find_package() in this project; in a consumer's find_package(rhodrift), the form that passes on
# REQUIRED and QUIET and reports a missing package as the reason.
macro(rhodrift_find)
  if(CMAKE_FIND_PACKAGE_NAME STREQUAL "rhodrift")
    find_dependency(${ARGN})
  else()
    find_package(${ARGN} REQUIRED)
  endif()
endmacro()

# rhodrift_dependency(<name> [LIBRARIES <libraries and targets>] [INCLUDES <directories>])
function(rhodrift_dependency name)
  cmake_parse_arguments(arg "" "" "LIBRARIES;INCLUDES" ${ARGN})
  if(NOT TARGET rhodrift::dep_${name})
    add_library(rhodrift::dep_${name} INTERFACE IMPORTED)
    target_link_libraries(rhodrift::dep_${name} INTERFACE ${arg_LIBRARIES})
    target_include_directories(rhodrift::dep_${name} SYSTEM INTERFACE ${arg_INCLUDES})
  endif()
endfunction()

rhodrift_find(Armadillo)
rhodrift_dependency(Armadillo LIBRARIES ${ARMADILLO_LIBRARIES} INCLUDES ${ARMADILLO_INCLUDE_DIRS})
rhodrift_find(OpenSSL COMPONENTS Crypto)
rhodrift_dependency(OpenSSL LIBRARIES OpenSSL::Crypto)
rhodrift_find(fmt)
rhodrift_dependency(fmt LIBRARIES fmt::fmt)
rhodrift_find(OpenMP COMPONENTS CXX)
rhodrift_dependency(OpenMP LIBRARIES OpenMP::OpenMP_CXX)
rhodrift_find(hwy CONFIG)
rhodrift_dependency(Highway LIBRARIES hwy::hwy)
rhodrift_find(NLopt)
rhodrift_dependency(NLopt LIBRARIES NLopt::nlopt)
# Not through FindHDF5: that one needs the consumer to enable C, and links what HDF5 itself links.
find_path(RHODRIFT_HDF5_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial REQUIRED)
find_library(RHODRIFT_HDF5_LIBRARY NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial REQUIRED)
find_library(RHODRIFT_HDF5_HL_LIBRARY NAMES hdf5_serial_hl hdf5_hl PATH_SUFFIXES hdf5/serial REQUIRED)
rhodrift_dependency(HDF5 LIBRARIES ${RHODRIFT_HDF5_HL_LIBRARY} ${RHODRIFT_HDF5_LIBRARY}
                         INCLUDES ${RHODRIFT_HDF5_INCLUDE_DIR})

# The linear programs of error cancellation.
find_path(RHODRIFT_CLP_INCLUDE_DIR ClpSimplex.hpp PATH_SUFFIXES coin REQUIRED)
find_library(RHODRIFT_CLP_LIBRARY NAMES Clp REQUIRED)
find_library(RHODRIFT_COINUTILS_LIBRARY NAMES CoinUtils REQUIRED)
rhodrift_dependency(Clp LIBRARIES ${RHODRIFT_CLP_LIBRARY} ${RHODRIFT_COINUTILS_LIBRARY}
                        INCLUDES ${RHODRIFT_CLP_INCLUDE_DIR})

# The support vector machines on kernels.
find_path(RHODRIFT_LIBSVM_INCLUDE_DIR svm.h PATH_SUFFIXES libsvm REQUIRED)
find_library(RHODRIFT_LIBSVM_LIBRARY NAMES svm REQUIRED)
rhodrift_dependency(LibSvm LIBRARIES ${RHODRIFT_LIBSVM_LIBRARY}
                           INCLUDES ${RHODRIFT_LIBSVM_INCLUDE_DIR})

# Header-only, and in no public header: compiled in, so a consumer does not need them.
set(RHODRIFT_HEADER_ONLY_PACKAGES Boost json Random123 toml)
if(NOT CMAKE_FIND_PACKAGE_NAME STREQUAL "rhodrift")
  find_package(Boost 1.74 REQUIRED)
  rhodrift_dependency(Boost LIBRARIES Boost::headers)
  find_package(nlohmann_json 3.10 REQUIRED)
  rhodrift_dependency(json LIBRARIES nlohmann_json::nlohmann_json)
  find_path(RHODRIFT_RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
  rhodrift_dependency(Random123 INCLUDES ${RHODRIFT_RANDOM123_INCLUDE_DIR})
  # Not through its package, which on Debian asks for a shared library that consumers would need.
  find_path(RHODRIFT_TOML_INCLUDE_DIR toml++/toml.h REQUIRED)
  rhodrift_dependency(toml INCLUDES ${RHODRIFT_TOML_INCLUDE_DIR})
endif()
