# One library for each folder under src/, with the folders it may use written beside it, so that an
# arrow upward does not link. Sources are all .cc files of the folder.

add_library(lazuli_options INTERFACE)
target_compile_options(lazuli_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-missing-field-initializers -g1)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 reports false positives of these inside the standard library and Boost when it inlines ...
  target_compile_options(lazuli_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
    -Wno-array-bounds
    # ... and of this one for the frames of coroutines.
    -Wno-mismatched-new-delete)
endif()
target_compile_definitions(lazuli_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE LAZULI_VERSION="${PROJECT_VERSION}"
  # The memory of coroutines comes from the allocator (docs/decisions/0009-tcmalloc.md): Asio's own store of it is looked
  # through from its beginning for each. And none from aligned_alloc, which is several times slower than operator new.
  BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN)
target_include_directories(lazuli_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
if(LAZULI_SANITIZE)
  target_compile_options(lazuli_options INTERFACE -fsanitize=${LAZULI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(lazuli_options INTERFACE -fsanitize=${LAZULI_SANITIZE})
  if(LAZULI_SANITIZE MATCHES thread)
    # Asio's fences are not seen by the sanitizer; the locks beside them are.
    target_compile_options(lazuli_options INTERFACE -Wno-tsan)
  endif()
endif()

# The allocator of whole programs (docs/decisions/0009-tcmalloc.md). Sanitizers bring their own.
add_library(lazuli_allocator INTERFACE)
if(NOT LAZULI_SANITIZE)
  find_library(TCMALLOC tcmalloc_minimal REQUIRED)
  target_link_libraries(lazuli_allocator INTERFACE ${TCMALLOC})
endif()

# lazuli_library(NAME folder USES other libraries...)
function(lazuli_library name folder)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  if(sources)
    add_library(lazuli_${name} STATIC ${sources})
    target_link_libraries(lazuli_${name} PUBLIC lazuli_options ${ARG_USES})
  else()
    add_library(lazuli_${name} INTERFACE)
    target_link_libraries(lazuli_${name} INTERFACE lazuli_options ${ARG_USES})
  endif()
endfunction()

# lazuli_embed(NAME folder): the folder's files become part of the library's program text.
function(lazuli_embed name folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}_files.cc)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_command(OUTPUT ${output} DEPENDS ${files} ${script} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_CURRENT_SOURCE_DIR}/${folder} -DOUTPUT=${output} -P ${script})
  target_sources(lazuli_${name} PRIVATE ${output})
endfunction()

# lazuli_test(folder USES libraries...): one test program for each folder that has tests, and one target for all of them.
add_custom_target(unit_tests)
function(lazuli_test folder)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cc)
  if(sources)
    string(REPLACE "/" "_" name ${folder})
    add_executable(${name}_test ${sources})
    target_link_libraries(${name}_test PRIVATE lazuli_options ${ARG_USES} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120 LABELS ${name})
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()
