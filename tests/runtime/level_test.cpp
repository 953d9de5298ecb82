#include "../../runtime/infer/level.hpp"

#include <cstdlib>
#include <string>

#include "catch.hpp"
#include "../../codegen/simd/arch.hpp"

using etch::level;

namespace {

constexpr std::array program{level::x86_64_v2, level::x86_64_v4, level::x86_64_v3};

std::string error(etch::level_choice const& choice) {
  CHECK_FALSE(choice.valid());
  CHECK(choice.text[choice.length] == '\0');
  return std::string{choice.error()};
}

}  // namespace

static_assert(etch::runs(level::x86_64_v3, level::x86_64));
static_assert(!etch::runs(level::x86_64_v3, level::x86_64_v4));
static_assert(!etch::runs(level::aarch64, level::x86_64));
static_assert(!etch::runs(level::x86_64_v4, level::aarch64));
static_assert(etch::choose_level(program, level::x86_64_v4, "").index == 1);

TEST_CASE("the highest level that the machine runs is picked") {
  CHECK(etch::choose_level(program, level::x86_64_v3, "").index == 2);
  CHECK(etch::choose_level(program, level::x86_64_v2, "").index == 0);
}

TEST_CASE("a level is picked by its name") {
  auto const choice = etch::choose_level(program, level::x86_64_v4, "x86-64-v2");
  CHECK(choice.valid());
  CHECK(choice.index == 0);
}

TEST_CASE("a level that the machine lacks is an error that names those it runs") {
  CHECK(error(etch::choose_level(program, level::x86_64_v3, "x86-64-v4")) ==
        "this machine lacks x86-64-v4; of this program it runs x86-64-v2, x86-64-v3");
}

TEST_CASE("a name that the program does not have is an error that names those it has") {
  CHECK(error(etch::choose_level(program, level::x86_64_v4, "avx2")) ==
        "this program has no level called 'avx2'; it has x86-64-v2, x86-64-v4, x86-64-v3");
  CHECK(error(etch::choose_level(program, level::x86_64_v4, "x86-64")) ==
        "this program has no level called 'x86-64'; it has x86-64-v2, x86-64-v4, x86-64-v3");
  CHECK(error(etch::choose_level(program, level::x86_64_v4, std::string(1000, 'x'))).size() < 256);
}

TEST_CASE("a machine that runs none of the levels is an error") {
  CHECK(error(etch::choose_level(program, level::x86_64, "")) ==
        "this machine, x86-64, runs no level of this program: x86-64-v2, x86-64-v4, x86-64-v3");
}

TEST_CASE("what this machine runs includes what this program is compiled for") {
  CHECK(etch::runs(etch::machine_level(), etch::compiled_level));
#if defined(__x86_64__)
  // as the compiler's own library sees it
  level const machine = etch::machine_level();
  CHECK((machine >= level::x86_64_v3) == etch::arch::avx2::available());
  CHECK((machine >= level::x86_64_v4) == etch::arch::avx512::available());
#endif
}

TEST_CASE("ETCH_LEVEL is what the environment says") {
  ::unsetenv("ETCH_LEVEL");
  CHECK(etch::level_variable().empty());
  ::setenv("ETCH_LEVEL", "x86-64-v3", 1);
  CHECK(etch::level_variable() == "x86-64-v3");
}
