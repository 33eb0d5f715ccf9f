# One target per room of src/, so that the linker keeps the dependencies one-way.
include_guard(GLOBAL)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the library goes into shared objects too: Python's module

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  find_program(LOCKSTEP_CCACHE ccache)
  if(LOCKSTEP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # What the manual asks for with precompiled headers; they hold the standard library alone.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${LOCKSTEP_CCACHE})
    add_compile_options(-fpch-preprocess)
  endif()
  find_program(LOCKSTEP_MOLD mold)
  if(LOCKSTEP_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

add_library(lockstep_options INTERFACE)
target_include_directories(lockstep_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(lockstep_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wno-missing-field-initializers  # designated initializers name what differs from the defaults
  -Wno-restrict                    # false alarms of g++ 12 in std::string (GCC bug 105651)
  $<$<BOOL:${LOCKSTEP_WERROR}>:-Werror>)
if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()

# Precompiled once for all: the standard headers that most sources include, and GoogleTest. Sources name what they
# use all the same.
option(LOCKSTEP_PRECOMPILE "Precompile the standard headers" ${PROJECT_IS_TOP_LEVEL})
file(WRITE ${PROJECT_BINARY_DIR}/nothing.cpp "")
function(lockstep_precompiled target)
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/nothing.cpp)
  target_link_libraries(${target} PRIVATE lockstep_options)
  target_precompile_headers(${target} PRIVATE ${ARGN})
endfunction()
if(LOCKSTEP_PRECOMPILE)
  lockstep_precompiled(lockstep_standard_headers
    <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
    <unordered_map> <utility> <variant> <vector>)
endif()

# lockstep_room(NAME SOURCES … [USES rooms and libraries …]) → target lockstep_NAME
function(lockstep_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES" ${ARGN})
  add_library(lockstep_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(lockstep_${name} PUBLIC lockstep_options ${ROOM_USES})
  if(LOCKSTEP_PRECOMPILE)
    target_precompile_headers(lockstep_${name} REUSE_FROM lockstep_standard_headers)
  endif()
endfunction()

# lockstep_test(NAME SOURCES … [USES …] [LONG] [LABELS …]) → a GoogleTest program; LONG ones run with --long only.
function(lockstep_test name)
  cmake_parse_arguments(TEST "LONG" "TIMEOUT" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_USES} GTest::gtest_main lockstep_options)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  if(LOCKSTEP_PRECOMPILE)
    if(NOT TARGET lockstep_test_headers)
      lockstep_precompiled(lockstep_test_headers
        <gtest/gtest.h> <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string>
        <string_view> <unordered_map> <utility> <variant> <vector>)
      target_link_libraries(lockstep_test_headers PRIVATE GTest::gtest_main)
      # As CMake compiles programs; made with a library's -fPIC they would be refused.
      set_target_properties(lockstep_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(lockstep_test_headers PRIVATE -fPIE)
    endif()
    target_precompile_headers(${name} REUSE_FROM lockstep_test_headers)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT})
  if(TEST_LONG)
    set_tests_properties(${name} PROPERTIES LABELS long)
  endif()
endfunction()
