# cmake --install: headers, library, program, recorded data, and the package that
# find_package(rhodrift) reads. tests/consumer uses it as a stranger would.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rhodrift)
# The program looks for it as ../share/rhodrift/data beside its own folder: src/cli/data_directory.cpp.
set(RHODRIFT_INSTALL_DATADIR ${CMAKE_INSTALL_DATADIR}/rhodrift/data)

install(TARGETS rhodrift EXPORT rhodriftTargets)
install(TARGETS rhodrift_program)
install(DIRECTORY include/rhodrift DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY data/ DESTINATION ${RHODRIFT_INSTALL_DATADIR})
install(EXPORT rhodriftTargets NAMESPACE rhodrift:: DESTINATION ${package_dir})

configure_package_config_file(cmake/rhodriftConfig.cmake.in rhodriftConfig.cmake
                              INSTALL_DESTINATION ${package_dir}
                              PATH_VARS RHODRIFT_INSTALL_DATADIR)
write_basic_package_version_file(rhodriftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rhodriftConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/rhodriftConfigVersion.cmake
              cmake/RhodriftDependencies.cmake
        DESTINATION ${package_dir})
