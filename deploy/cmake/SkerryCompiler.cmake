# How every file of ours is compiled. Third-party headers are system headers and stay out of it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(SKERRY_CCACHE ccache)
if(SKERRY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SKERRY_CCACHE})
endif()

add_library(skerry_compile_options INTERFACE)
target_compile_options(skerry_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -ffp-contract=off          # the same source gives the same bytes on x86 and arm64
  -fno-math-errno -fstack-protector-strong
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
target_include_directories(skerry_compile_options INTERFACE ${PROJECT_SOURCE_DIR})

# What a class of one source keeps in an anonymous namespace is that source's alone where sources are compiled together too.
if(CMAKE_UNITY_BUILD)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

# SKERRY_SANITIZE=address;undefined or thread, as the presets set it.
set(SKERRY_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(SKERRY_SANITIZE)
  list(JOIN SKERRY_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
  if("undefined" IN_LIST SKERRY_SANITIZE)
    # This check opens a pipe to see whether memory can be read, and so finds faults in tests that run out of descriptors.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  if("thread" IN_LIST SKERRY_SANITIZE)
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)  # Asio fences, which ThreadSanitizer does not model
  endif()
else()
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()
