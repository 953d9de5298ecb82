#pragma once

#include "vec.hpp"

#if defined(__FAST_MATH__)
#define ETCH_FAST_MATH 1
#else
#define ETCH_FAST_MATH 0
#endif

/// The vectors of arch::deterministic_on: registers of another instruction set, of which one or
/// several make a vector, with operators that a compiler cannot join to others.
namespace etch::simd {

template <class Base, int Parts>
struct fixed_mask {
  using part = decltype(vec<Base>(0.0F) == vec<Base>(0.0F));
  part parts[Parts];
};

template <class Base, int Parts>
struct fixed_vec {
  vec<Base> parts[Parts];

  fixed_vec() = default;
  [[gnu::always_inline]] explicit fixed_vec(float value) noexcept {
#pragma GCC unroll 4
    for (auto& p : parts) p = vec<Base>(value);
  }

  /// The vector of f(i) for every part i.
  template <class F>
  [[gnu::always_inline]] static fixed_vec each(F const& f) noexcept {
    fixed_vec result;
#pragma GCC unroll 4
    for (int i = 0; i < Parts; ++i) result.parts[i] = f(i);
    return result;
  }
  template <class F>
  [[gnu::always_inline]] static fixed_mask<Base, Parts> each_mask(F const& f) noexcept {
    fixed_mask<Base, Parts> result;
#pragma GCC unroll 4
    for (int i = 0; i < Parts; ++i) result.parts[i] = f(i);
    return result;
  }

#define ETCH_INLINE __attribute__((always_inline))
  using v = fixed_vec const&;
  [[gnu::always_inline]] friend fixed_vec operator+(v a, v b) noexcept {
    return each([&](int i) ETCH_INLINE { return a.parts[i] + b.parts[i]; });
  }
  [[gnu::always_inline]] friend fixed_vec operator-(v a, v b) noexcept {
    return each([&](int i) ETCH_INLINE { return a.parts[i] - b.parts[i]; });
  }
  [[gnu::always_inline]] friend fixed_vec operator*(v a, v b) noexcept {
    static_assert(!ETCH_FAST_MATH || Parts == 0, "etch: -ffast-math leaves sums no order");
    // a product in a register of its own is nothing that a compiler contracts
    return each([&](int i) ETCH_INLINE { return simd::in_register(a.parts[i] * b.parts[i]); });
  }
  [[gnu::always_inline]] friend fixed_vec operator/(v a, v b) noexcept {
    return each([&](int i) ETCH_INLINE { return instructions<Base>::div(a.parts[i], b.parts[i]); });
  }
  [[gnu::always_inline]] friend fixed_vec operator-(v a) noexcept {
    return each([&](int i) ETCH_INLINE { return -a.parts[i]; });
  }
  [[gnu::always_inline]] friend fixed_vec operator&(v a, v b) noexcept {
    return each([&](int i) ETCH_INLINE { return a.parts[i] & b.parts[i]; });
  }
  [[gnu::always_inline]] friend fixed_vec operator|(v a, v b) noexcept {
    return each([&](int i) ETCH_INLINE { return a.parts[i] | b.parts[i]; });
  }
  [[gnu::always_inline]] friend fixed_vec operator^(v a, v b) noexcept {
    return each([&](int i) ETCH_INLINE { return a.parts[i] ^ b.parts[i]; });
  }
  [[gnu::always_inline]] friend auto operator==(v a, v b) noexcept {
    return each_mask([&](int i) ETCH_INLINE { return a.parts[i] == b.parts[i]; });
  }
  [[gnu::always_inline]] friend auto operator<(v a, v b) noexcept {
    return each_mask([&](int i) ETCH_INLINE { return a.parts[i] < b.parts[i]; });
  }
  [[gnu::always_inline]] friend auto operator>(v a, v b) noexcept {
    return each_mask([&](int i) ETCH_INLINE { return a.parts[i] > b.parts[i]; });
  }
};

template <class Base, int Parts>
[[gnu::always_inline]] inline auto in_register(fixed_vec<Base, Parts> a) noexcept {
  return a.each([&](int i) ETCH_INLINE { return simd::in_register(a.parts[i]); });
}
template <class Base, int Parts>
[[gnu::always_inline]] inline fixed_vec<Base, Parts> blend(fixed_mask<Base, Parts> mask,
                                                           fixed_vec<Base, Parts> a,
                                                           fixed_vec<Base, Parts> b) noexcept {
  return a.each([&](int i) ETCH_INLINE {
    return simd::blend(mask.parts[i], a.parts[i], b.parts[i]);
  });
}
template <class Base, int Parts>
[[gnu::always_inline]] inline bool any(fixed_mask<Base, Parts> mask) noexcept {
  bool result = false;
  for (auto const& p : mask.parts) result = result || simd::any(p);
  return result;
}

template <class Base, int Parts>
[[gnu::always_inline]] inline auto exceeds(fixed_vec<Base, Parts> a,
                                           fixed_vec<Base, Parts> most) noexcept {
  return a.each_mask([&](int i) ETCH_INLINE { return simd::exceeds(a.parts[i], most.parts[i]); });
}
template <class Base, int Parts>
[[gnu::always_inline]] inline auto unordered(fixed_vec<Base, Parts> a,
                                             fixed_vec<Base, Parts> b) noexcept {
  return a.each_mask([&](int i) ETCH_INLINE { return simd::unordered(a.parts[i], b.parts[i]); });
}

namespace detail {
template <class Base, int Parts>
struct vec_of<arch::deterministic_on<Base, Parts>> {
  using type = fixed_vec<Base, Parts>;
};
template <class Base, int Parts>
struct tag_of<fixed_vec<Base, Parts>> {
  using type = arch::deterministic_on<Base, Parts>;
};
}  // namespace detail

template <class Base, int Parts>
struct instructions<arch::deterministic_on<Base, Parts>> {
  using v = fixed_vec<Base, Parts>;
  using isa = instructions<Base>;
  using part = vec<Base>;
  static constexpr bool fused = true;

  [[gnu::always_inline]] static v load(float const* p) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::load(p + i * Base::width); });
  }
  [[gnu::always_inline]] static void store(float* p, v a) noexcept {
#pragma GCC unroll 4
    for (int i = 0; i < Parts; ++i) isa::store(p + i * Base::width, a.parts[i]);
  }
  [[gnu::always_inline]] static v load_partial(float const* p, int count) noexcept {
    return v::each([&](int i) ETCH_INLINE -> part {
      int const rest = count - i * Base::width;
      if (rest >= Base::width) return isa::load(p + i * Base::width);
      return isa::load_partial(p + i * Base::width, rest > 0 ? rest : 0);
    });
  }
  [[gnu::always_inline]] static void store_partial(float* p, v a, int count) noexcept {
#pragma GCC unroll 4
    for (int i = 0; i < Parts; ++i) {
      int const rest = count - i * Base::width;
      if (rest >= Base::width) isa::store(p + i * Base::width, a.parts[i]);
      else if (rest > 0) isa::store_partial(p + i * Base::width, a.parts[i], rest);
    }
  }
  [[gnu::always_inline]] static void store_pieces(float* p, v a, int count) noexcept {
    if constexpr (Parts == 1) isa::store_pieces(p, a.parts[0], count);
    else store_partial(p, a, count);
  }

  [[gnu::always_inline]] static v fma(v a, v b, v c) noexcept {
    return v::each([&](int i) ETCH_INLINE -> part {
      if constexpr (isa::fused) return isa::fma(a.parts[i], b.parts[i], c.parts[i]);
      else return isa::exact_fma(a.parts[i], b.parts[i], c.parts[i]);
    });
  }
  [[gnu::always_inline]] static v fnma(v a, v b, v c) noexcept {
    if constexpr (!isa::fused) return fma(-a, b, c);
    else return v::each([&](int i) ETCH_INLINE {
      return isa::fnma(a.parts[i], b.parts[i], c.parts[i]);
    });
  }
  [[gnu::always_inline]] static v max(v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::max(a.parts[i], b.parts[i]); });
  }
  [[gnu::always_inline]] static v min(v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::min(a.parts[i], b.parts[i]); });
  }
  [[gnu::always_inline]] static v maximum(v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::maximum(a.parts[i], b.parts[i]); });
  }
  [[gnu::always_inline]] static v minimum(v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::minimum(a.parts[i], b.parts[i]); });
  }
  [[gnu::always_inline]] static v maximum(v most, v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE {
      return isa::maximum(most.parts[i], a.parts[i], b.parts[i]);
    });
  }
  [[gnu::always_inline]] static v div(v a, v b) noexcept { return a / b; }
  [[gnu::always_inline]] static v sqrt(v a) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::sqrt(a.parts[i]); });
  }
  [[gnu::always_inline]] static v floor(v a) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::floor(a.parts[i]); });
  }
  [[gnu::always_inline]] static v round(v a) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::round(a.parts[i]); });
  }

  [[gnu::always_inline]] static v add_bits(v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::add_bits(a.parts[i], b.parts[i]); });
  }
  [[gnu::always_inline]] static v sub_bits(v a, v b) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::sub_bits(a.parts[i], b.parts[i]); });
  }
  template <int Count>
  [[gnu::always_inline]] static v shift_left(v a) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::template shift_left<Count>(a.parts[i]); });
  }
  [[gnu::always_inline]] static v exponent(v a) noexcept {
    return v::each([&](int i) ETCH_INLINE { return isa::exponent(a.parts[i]); });
  }

  template <class I = isa>
    requires(Parts == 1 && requires(float* p, part x) { I::compress(p, x, x); })
  [[gnu::always_inline]] static int compress(float* p, v a, v condition) noexcept {
    return I::compress(p, a.parts[0], condition.parts[0]);
  }

  // Halves are joined until four lanes are left, then two and two: the order of every reduce_add.
  [[gnu::always_inline]] static float reduce_add(v a) noexcept {
    return across<Parts>(a, [](auto x, auto y) ETCH_INLINE { return x + y; },
                         [](part x) ETCH_INLINE { return isa::reduce_add(x); });
  }
  [[gnu::always_inline]] static float reduce_max(v a) noexcept {
    return across<Parts>(a, [](part x, part y) ETCH_INLINE { return isa::max(x, y); },
                         [](part x) ETCH_INLINE { return isa::reduce_max(x); });
  }

 private:
  template <int Count, class Join, class Rest>
  [[gnu::always_inline]] static float across(v a, Join join, Rest rest) noexcept {
    if constexpr (Count == 1) {
      return rest(a.parts[0]);
    } else {
#pragma GCC unroll 4
      for (int i = 0; i < Count / 2; ++i)
        a.parts[i] = join(a.parts[i], a.parts[i + Count / 2]);
      return across<Count / 2>(a, join, rest);
    }
  }
};

}  // namespace etch::simd
#undef ETCH_INLINE
#undef ETCH_FAST_MATH
