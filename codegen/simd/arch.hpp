#pragma once

/// The instruction sets, as tags. Kernels are templates on a tag, `template <class Arch>`; nothing
/// above this folder tests a compiler macro or names an instruction.
namespace etch::arch {

/// x86-64 baseline: 4 floats a vector. Uses fma where the translation unit may (-mfma).
struct sse2 {
  static constexpr int width = 4;
  static constexpr int registers = 16;
  static constexpr char const* name = "sse2";
  static bool available() noexcept;
};

/// AVX2 and FMA (x86-64-v3): 8 floats a vector.
struct avx2 {
  static constexpr int width = 8;
  static constexpr int registers = 16;
  static constexpr char const* name = "avx2";
  static bool available() noexcept;
};

/// AVX-512 F, BW, CD, DQ and VL (x86-64-v4): 16 floats a vector.
struct avx512 {
  static constexpr int width = 16;
  static constexpr int registers = 32;
  static constexpr char const* name = "avx512";
  static bool available() noexcept;
};

/// Advanced SIMD of 64-bit ARM: 4 floats a vector.
struct neon {
  static constexpr int width = 4;
  static constexpr int registers = 32;
  static constexpr char const* name = "neon";
  static bool available() noexcept;
};

/// `Base`, but with the same results, bit for bit, as on every other instruction set: each sum has
/// one order, each multiply-add is rounded once, even where the processor has no such instruction,
/// and the compiler contracts no other. `Parts` registers make one vector of a sum over lanes.
template <class Base, int Parts = 1>
struct deterministic_on {
  static constexpr int width = Base::width * Parts;
  static constexpr int registers = Base::registers;
  static constexpr char const* name = "deterministic";
  static bool available() noexcept { return Base::available(); }
};

// `available()`: whether the processor that runs this program, and its operating system, have it.
#if defined(__x86_64__)
inline bool sse2::available() noexcept { return true; }
inline bool avx2::available() noexcept {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
inline bool avx512::available() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
inline bool neon::available() noexcept { return false; }
#else
inline bool sse2::available() noexcept { return false; }
inline bool avx2::available() noexcept { return false; }
inline bool avx512::available() noexcept { return false; }
inline bool neon::available() noexcept { return true; }
#endif

/// An ordered list of tags.
template <class... Archs>
struct list {};

namespace detail {

template <class Arch>
struct narrower {
  using type = Arch;
};
template <>
struct narrower<avx512> {
  using type = avx2;
};
template <>
struct narrower<avx2> {
  using type = sse2;
};

template <class... Archs>
struct first;
template <class Arch, class... Rest>
struct first<Arch, Rest...> {
  using type = Arch;
};

template <class Base>
struct narrower<deterministic_on<Base>> {
  using type = deterministic_on<typename narrower<Base>::type>;
};

template <class Arch>
struct traits {
  using instructions = Arch;
  using reducing = Arch;
  static constexpr bool deterministic = false;
};
template <class Base, int Parts>
struct traits<deterministic_on<Base, Parts>> {
  using instructions = Base;
  using reducing = deterministic_on<Base, 16 / Base::width>;
  static constexpr bool deterministic = true;
};

template <class Arch, class List>
inline constexpr bool in = false;
template <class Arch, class... Archs>
inline constexpr bool in<Arch, list<Archs...>> = (__is_same(Arch, Archs) || ...);

template <class F, class... Archs>
constexpr void for_each(F&& f, list<Archs...>) {
  (f.template operator()<Archs>(), ...);
}

}  // namespace detail

/// The next narrower instruction set of the same processor: avx512 -> avx2 -> sse2. The narrowest
/// is its own half.
template <class Arch>
using half = typename detail::narrower<Arch>::type;

template <class Arch>
inline constexpr bool is_deterministic = detail::traits<Arch>::deterministic;

/// What reduces over the lanes of its vectors: `Arch`, or if it is deterministic a set whose
/// vectors have 16 lanes whatever the processor has.
template <class Arch>
using reducing = typename detail::traits<Arch>::reducing;

/// Registers for a choice of tiles that decides the order of a sum.
template <class Arch>
inline constexpr int registers_for_sums = is_deterministic<Arch> ? 16 : Arch::registers;

// What this translation unit is compiled for depends on its flags, so the answers live in an inline
// namespace named after them: units built with different flags may be linked together.
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && \
    defined(__AVX512DQ__) && defined(__AVX512VL__)
inline namespace compiled_for_avx512 {
using compiled_list = list<avx512, avx2, sse2>;
#elif defined(__AVX2__) && defined(__FMA__)
inline namespace compiled_for_avx2 {
using compiled_list = list<avx2, sse2>;
#elif defined(__x86_64__)
inline namespace compiled_for_sse2 {
using compiled_list = list<sse2>;
#elif defined(__aarch64__)
inline namespace compiled_for_neon {
using compiled_list = list<neon>;
#else
#error "etch: vectors need x86-64 or 64-bit ARM"
#endif

/// Whether this translation unit may use `Arch`, that is, its flags allow these instructions.
template <class Arch>
inline constexpr bool compiled =
    detail::in<typename detail::traits<Arch>::instructions, compiled_list>;

template <class... Archs>
auto best_of(list<Archs...>) -> typename detail::first<Archs...>::type;

/// The widest instruction set this translation unit is compiled for.
using native = decltype(best_of(compiled_list{}));

/// The same with results that do not depend on it: `etch::model<net, etch::arch::deterministic>`.
using deterministic = deterministic_on<native>;

/// Calls `f.template operator()<Arch>()` for each compiled tag, widest first:
/// `for_each_compiled([]<class Arch>() { ... })`. Ask `Arch::available()` before running any.
template <class F>
constexpr void for_each_compiled(F&& f) {
  detail::for_each(f, compiled_list{});
}

}  // inline namespace

}  // namespace etch::arch
