# What the installed package and CMakeLists.txt, for add_subdirectory and FetchContent, share: where
# the headers that etch needs are, what compilers are told, and etch_embed().

# Not find_package(xsimd): Debian's target links a library, xtl, that is not installed with it.
find_path(etch_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp)
find_path(etch_HANA_INCLUDE_DIR boost/hana.hpp)
set(etch_MISSING)
foreach(folder etch_XSIMD_INCLUDE_DIR etch_HANA_INCLUDE_DIR)
  if(NOT ${folder})
    string(CONCAT etch_MISSING "etch needs the headers of xsimd and of Boost.Hana, in Debian "
      "libxsimd-dev and libboost-dev: ${folder} is not set")
  endif()
endforeach()
set(etch_COMPILE_OPTIONS
  -ffp-contract=fast  # a * b + c as one instruction
  # plans of deep networks
  $<$<CXX_COMPILER_ID:Clang,AppleClang>:-fconstexpr-steps=1000000000>
  $<$<CXX_COMPILER_ID:GNU>:-fconstexpr-ops-limit=2000000000>)

# etch_embed(<target> <file> [NAME <name>])
#
# Links a file of etch::save_embedded into a target, whose sources then have
#
#   #include "lenet.etch.hpp"                                       // for lenet.etch
#   constinit etch::embedded_model<lenet> model{lenet_weights};     // or <name>
#
# The file is in the source folder or, if a command of the build makes it, in the binary folder. New
# weights build the target anew; those of another network do not compile.
function(etch_embed target file)
  cmake_parse_arguments(PARSE_ARGV 2 wanted "" "NAME" "")
  if(DEFINED wanted_UNPARSED_ARGUMENTS OR DEFINED wanted_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "etch_embed(<target> <file> [NAME <name>]) is given: ${ARGV}")
  endif()
  get_filename_component(path "${file}" ABSOLUTE)
  if(NOT EXISTS "${path}")
    get_filename_component(path "${file}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  get_filename_component(name "${file}" NAME)
  get_property(tool GLOBAL PROPERTY etch_embed_tool)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/etch_embed/${target}")
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(OUTPUT "${folder}/${name}.hpp"
    COMMAND sh "${tool}" "${path}" "${folder}/${name}.hpp" ${wanted_NAME}
    DEPENDS "${path}" "${tool}"
    COMMENT "Embedding ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE "${folder}/${name}.hpp")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()

# What a build lacks that chooses nothing, said once: CMake's defaults are -O0 and SSE2.
get_property(etch_has_spoken GLOBAL PROPERTY etch_has_spoken)
if(NOT etch_has_spoken AND NOT etch_FIND_QUIETLY)
  set_property(GLOBAL PROPERTY etch_has_spoken TRUE)
  get_property(etch_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  get_directory_property(etch_flags COMPILE_OPTIONS)
  string(TOUPPER "CMAKE_CXX_FLAGS_${CMAKE_BUILD_TYPE}" etch_type_flags)
  set(etch_flags "${CMAKE_CXX_FLAGS} ${${etch_type_flags}} ${etch_flags}")
  if(NOT CMAKE_BUILD_TYPE AND NOT etch_multi_config AND NOT etch_flags MATCHES "-O[1-9s]")
    message(WARNING "etch: CMAKE_BUILD_TYPE is not set, so that nothing is optimised; "
      "-DCMAKE_BUILD_TYPE=Release makes networks up to a hundred times as fast")
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND
     NOT etch_flags MATCHES "-m(arch|avx)")
    message(STATUS "etch: CMAKE_CXX_FLAGS has no -march; targets without one of their own use SSE2 "
      "alone, at a fraction of the speed: -march=x86-64-v3 is for processors since 2015")
  endif()
endif()
