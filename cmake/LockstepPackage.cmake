# The library for applications (lockstep::lockstep), and what `cmake --install` and CPack put where.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# One archive of the rooms below the public headers; what they link is the consumer's to find (lockstepConfig.cmake).
add_library(lockstep_library STATIC)
add_library(lockstep::lockstep ALIAS lockstep_library)
foreach(room model reconcile yaml merge file_events file store engine config api dashboard service)
  target_sources(lockstep_library PRIVATE $<TARGET_OBJECTS:lockstep_${room}>)
endforeach()
target_link_libraries(lockstep_library PRIVATE
  Boost::json PkgConfig::xxhash date::date-tz PkgConfig::yaml PkgConfig::sqlite3 prometheus-cpp::core ZLIB::ZLIB
  Threads::Threads ${CMAKE_DL_LIBS})
target_compile_features(lockstep_library INTERFACE cxx_std_20)
target_include_directories(lockstep_library INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(lockstep_library PROPERTIES OUTPUT_NAME lockstep EXPORT_NAME lockstep LINKER_LANGUAGE CXX)

if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/lockstep)
install(TARGETS lockstep_library EXPORT lockstepTargets ARCHIVE COMPONENT development)
install(DIRECTORY include/lockstep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(EXPORT lockstepTargets NAMESPACE lockstep:: DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(cmake/lockstepConfig.cmake.in ${PROJECT_BINARY_DIR}/lockstepConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lockstepConfig.cmake ${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake
        DESTINATION ${package_folder} COMPONENT development)

if(NOT LOCKSTEP_PROGRAM)
  return()
endif()
set(completion ${PROJECT_BINARY_DIR}/completion/lockstep)
add_custom_command(OUTPUT ${completion}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completion
  COMMAND lockstep completion bash > ${completion}
  DEPENDS lockstep VERBATIM)
add_custom_target(lockstep_completion ALL DEPENDS ${completion})
install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES packaging/lockstep.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lockstep COMPONENT program)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lockstep)
set(CPACK_PACKAGE_VENDOR lockstep)
set(CPACK_PACKAGE_CONTACT "lockstep maintainers <maintainers@lockstep.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lockstep)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS libpq5)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/postinst)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "Keeps a YAML schedule and a database in step\n The program: syncs, the daemon, the dashboard.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME liblockstep-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libboost-json1.81-dev, libhowardhinnant-date-dev, libprometheus-cpp-dev, libsqlite3-dev, libxxhash-dev, libyaml-dev, zlib1g-dev, pkg-config")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS libpq5)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "Keeps a YAML schedule and a database in step: the C++ library\n A static library, its headers and its CMake package.")
if(LOCKSTEP_PYTHON)
  list(APPEND CPACK_COMPONENTS_ALL python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-lockstep-sync)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3, tzdata")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS "libpq5, python3-fastapi")
  set(CPACK_DEBIAN_PYTHON_DESCRIPTION "Keeps a YAML schedule and a database in step: the Python package\n For scripts, and for FastAPI applications.")
endif()
include(CPack)
