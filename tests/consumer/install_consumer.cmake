# Installs a build into an empty prefix, then configures, builds and runs the consumer against it, as
# somebody who has the installed files only.
# cmake -D BUILD=<build tree> -D WORK=<folder to use> -D CXX=<compiler> -D FLAGS=<its flags>
#       -D GENERATOR=<generator> -P install_consumer.cmake

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  message("${output}")
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "exit status ${status} of: ${command}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
# Moved, because nothing in the package may remember where it was installed.
file(RENAME ${WORK}/prefix ${WORK}/moved)
# All of the library, not only what the consumer calls: then a dependency missing from the package is
# an undefined symbol.
file(GLOB_RECURSE library ${WORK}/moved/librhodrift.a)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR}
    -D CMAKE_PREFIX_PATH=${WORK}/moved -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_CXX_FLAGS=${FLAGS}
    -D CMAKE_BUILD_TYPE=Release
    -D CMAKE_EXE_LINKER_FLAGS_RELEASE=-Wl,--whole-archive,${library},--no-whole-archive)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
