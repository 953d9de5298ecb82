#pragma once

#include "dispatch.hpp"

// A source file that is compiled once for each level, with -march=x86-64-v2 and so on:
//
//   #include <etch/level_code.hpp>
//   #include "net.hpp"
//   template struct etch::level_code<net>;      // forward
//   template struct etch::level_code<net, 64>;  // forward_batch with a workspace<net, 64>
//   template struct etch::level_code<net, 1, etch::results::deterministic>;
//
// All but these entries must then be made local, or the linker may take a function of the standard
// library from the highest level and run it on the lowest machine:
//
//   objcopy -R .group -w --weaken --keep-global-symbol='_ZN4etch10level_codeI*' net.o net_v3.o

#if defined(__PCLMUL__) || defined(__FSGSBASE__) || defined(__RDRND__) || \
    (defined(__AVX__) && !defined(__AVX2__))
#error "etch: compile level code with -march=x86-64-v2, -v3 or -v4; these flags name no level"
#endif

namespace etch {

template <auto Net, int Samples, results Results, level Level>
void level_code<Net, Samples, Results, Level>::run(buffers const& b, int samples) noexcept {
  static_assert(Level == compiled_level,
                "etch: the level of level_code is that of the compiler's flags; leave it out");
  constexpr bool deterministic = Results == results::deterministic;
  using set = std::conditional_t<deterministic, arch::deterministic, arch::native>;
  constexpr auto usable = detail::usable<Net, detail::inference_source<Net, Samples>>();
  run_plan<set, inference_plan<usable, std::max(1, Samples)>>(b, samples);
}

template <auto Net, int Samples, results Results, level Level>
level level_code<Net, Samples, Results, Level>::linked_level() noexcept {
  return detail::shared_level();
}

}  // namespace etch
