#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace etch {

/// What code may ask of a processor, by the names that compilers take as -march. On x86-64, each
/// level includes those before it. Source: the x86-64 psABI, "Micro-Architecture Levels".
enum class level : int { x86_64, x86_64_v2, x86_64_v3, x86_64_v4, aarch64 };

inline constexpr std::array<std::string_view, 5> level_names{"x86-64", "x86-64-v2", "x86-64-v3",
                                                             "x86-64-v4", "aarch64"};
constexpr std::string_view name_of(level l) { return level_names[static_cast<std::size_t>(l)]; }

/// What this translation unit is compiled for. Not inline: units differ.
constexpr level compiled_level =
#if !defined(__x86_64__)
    level::aarch64;
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && \
    defined(__AVX512DQ__) && defined(__AVX512VL__)
    level::x86_64_v4;
#elif defined(__AVX2__) && defined(__FMA__)
    level::x86_64_v3;
#elif defined(__SSE4_2__)
    level::x86_64_v2;
#else
    level::x86_64;
#endif

/// The highest level that this processor and its operating system run.
inline level machine_level() noexcept {
#if defined(__x86_64__)
  // By cpuid itself: compilers differ in which names __builtin_cpu_supports knows.
  unsigned a = 0, b = 0, c = 0, d = 0, extended = 0, more = 0;
  auto const has = [](unsigned word, auto... bits) { return ((word >> bits & 1u) && ...); };
  if (!__get_cpuid(1, &a, &b, &c, &d)) return level::x86_64;
  unsigned const basic = c;
  if (__get_cpuid(0x8000'0001u, &a, &b, &c, &d)) extended = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) more = b;
  // sse3, ssse3, cmpxchg16b, sse4.1, sse4.2, popcnt; lahf
  if (!has(basic, 0, 9, 13, 19, 20, 23) || !has(extended, 0)) return level::x86_64;
  // fma, movbe, osxsave, avx, f16c; lzcnt; bmi, avx2, bmi2
  if (!has(basic, 12, 22, 27, 28, 29) || !has(extended, 5) || !has(more, 3, 5, 8))
    return level::x86_64_v2;
  unsigned enabled = 0;  // registers that the operating system saves: 1, 2 ymm; 5, 6, 7 zmm
  __asm__ volatile("xgetbv" : "=a"(enabled), "=d"(d) : "c"(0));
  if (!has(enabled, 1, 2)) return level::x86_64_v2;
  // avx512 f, dq, cd, bw, vl
  if (!has(more, 16, 17, 28, 30, 31) || !has(enabled, 5, 6, 7)) return level::x86_64_v3;
  return level::x86_64_v4;
#else
  return level::aarch64;
#endif
}

/// Whether a machine whose highest level is `machine` runs code of level `l`.
constexpr bool runs(level machine, level l) {
  return (machine == level::aarch64) == (l == level::aarch64) && l <= machine;
}

/// What the environment variable ETCH_LEVEL says; empty where there is none.
inline std::string_view level_variable() noexcept {
  char const* const text = std::getenv("ETCH_LEVEL");
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// A level that was picked, or the sentence that says why not.
struct level_choice {
  std::size_t index = 0;  // in the list that it was picked from
  std::size_t length = 0;
  std::array<char, 256> text{};  // ends with a zero

  constexpr bool valid() const { return length == 0; }
  constexpr std::string_view error() const { return {text.data(), length}; }
  constexpr level_choice& say(std::string_view s) {
    for (char ch : s)
      if (length + 1 < text.size()) text[length++] = ch;
    return *this;
  }
};

/// Of the levels that a program has, the one called `wanted`, or if that is empty the highest that
/// the machine runs.
constexpr level_choice choose_level(std::span<level const> program, level machine,
                                    std::string_view wanted) {
  level_choice choice;
  auto const list = [&](auto includes) {
    std::string_view before = " ";
    for (level const l : program)
      if (includes(l)) choice.say(before).say(name_of(l)), before = ", ";
    if (before == " ") choice.say(" none");
  };
  auto const every = [](level) { return true; };
  auto const here = [&](level l) { return runs(machine, l); };
  bool found = false;
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (wanted.empty() ? !here(program[i]) : name_of(program[i]) != wanted) continue;
    if (!found || program[i] > program[choice.index]) choice.index = i;
    found = true;
  }
  if (found && here(program[choice.index])) return choice;
  if (found) {
    choice.say("this machine lacks ").say(wanted).say("; of this program it runs");
    list(here);
  } else if (wanted.empty()) {
    choice.say("this machine, ").say(name_of(machine)).say(", runs no level of this program:");
    list(every);
  } else {
    choice.say("this program has no level called '").say(wanted.substr(0, 24)).say("'; it has");
    list(every);
  }
  return choice;
}

}  // namespace etch
