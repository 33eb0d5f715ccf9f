# lockstep_dashboard: the files of web/, bundled and compressed into a C++ source (src/server/dashboard_files.hpp).
# Without LOCKSTEP_DASHBOARD, or on a machine without Node 18 and npm, the same target without files.
include_guard(GLOBAL)

option(LOCKSTEP_DASHBOARD "Put the dashboard into the program (needs Node 18 or newer, and npm)" ${PROJECT_IS_TOP_LEVEL})

set(LOCKSTEP_WEB ${PROJECT_SOURCE_DIR}/web)
set(LOCKSTEP_WITH_DASHBOARD OFF)
if(LOCKSTEP_DASHBOARD)
  find_program(LOCKSTEP_NODE NAMES node nodejs)
  find_program(LOCKSTEP_NPM npm)
  set(node_version 0)
  if(LOCKSTEP_NODE)
    execute_process(COMMAND ${LOCKSTEP_NODE} --version OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE
                    ERROR_QUIET)
    string(REGEX REPLACE "^v" "" node_version "${node_version}")
  endif()
  if(LOCKSTEP_NPM AND node_version VERSION_GREATER_EQUAL 18)
    set(LOCKSTEP_WITH_DASHBOARD ON)
  else()
    message(STATUS "Without the dashboard: there is no Node 18 or newer with npm (apt-get install nodejs npm)")
  endif()
endif()

if(NOT LOCKSTEP_WITH_DASHBOARD)
  add_library(lockstep_dashboard STATIC ${PROJECT_SOURCE_DIR}/src/server/no_dashboard_files.cpp)
  target_link_libraries(lockstep_dashboard PUBLIC lockstep_options)
  return()
endif()

# The packages: for building alone, or with those that the tests need (where those are there, a build takes none away).
# The stamp goes when node_modules goes.
set(npm_omit --omit=dev)
set(LOCKSTEP_WEB_PACKAGES ${LOCKSTEP_WEB}/node_modules/.installed-for-build)
if(LOCKSTEP_TESTS OR EXISTS ${LOCKSTEP_WEB}/node_modules/.installed-for-tests)
  set(npm_omit)
  set(LOCKSTEP_WEB_PACKAGES ${LOCKSTEP_WEB}/node_modules/.installed-for-tests)
endif()
add_custom_command(
  OUTPUT ${LOCKSTEP_WEB_PACKAGES}
  COMMAND ${LOCKSTEP_NPM} ci --ignore-scripts --loglevel=error ${npm_omit}
  COMMAND ${CMAKE_COMMAND} -E touch ${LOCKSTEP_WEB_PACKAGES}
  DEPENDS ${LOCKSTEP_WEB}/package.json ${LOCKSTEP_WEB}/package-lock.json ${LOCKSTEP_WEB}/.npmrc
  WORKING_DIRECTORY ${LOCKSTEP_WEB}
  COMMENT "Installing the dashboard's packages (to build without them: -DLOCKSTEP_DASHBOARD=OFF)"
  VERBATIM)

# Which sources the bundle is made of is esbuild's to say: it writes the depfile.
set(dashboard_source ${PROJECT_BINARY_DIR}/web/dashboard_files.cpp)
add_custom_command(
  OUTPUT ${dashboard_source}
  COMMAND ${LOCKSTEP_NODE} build.mjs --out ${PROJECT_BINARY_DIR}/web/dist --cpp ${dashboard_source}
          --depfile ${dashboard_source}.d
  DEPENDS ${LOCKSTEP_WEB_PACKAGES} ${LOCKSTEP_WEB}/build.mjs
  DEPFILE ${dashboard_source}.d
  WORKING_DIRECTORY ${LOCKSTEP_WEB}
  COMMENT "Bundling the dashboard"
  VERBATIM)

add_library(lockstep_dashboard STATIC ${dashboard_source})
target_link_libraries(lockstep_dashboard PUBLIC lockstep_options)
