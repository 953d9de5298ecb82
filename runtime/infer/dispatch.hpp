#pragma once

#include <concepts>

#include "forward.hpp"
#include "level.hpp"

namespace etch {

/// Which bits a network gives: those that come fastest, or the same at every level.
enum class results : int { fastest, deterministic };

/// What one translation unit, compiled for `Level`, supplies: see level_code.hpp.
template <auto Net, int Samples = 1, results Results = results::fastest,
          level Level = compiled_level>
struct level_code {
  static void run(buffers const& b, int samples) noexcept;
  static level linked_level() noexcept;
};

/// The levels of a program, if it names no others.
#if defined(__x86_64__)
inline constexpr std::array usual_levels{level::x86_64_v2, level::x86_64_v3, level::x86_64_v4};
#else
inline constexpr std::array usual_levels{level::aarch64};
#endif

namespace detail {

/// The level of the unit from which the linker took this function. Units share inline functions
/// unless the symbols of each are made local; this one shows that they were not.
[[gnu::noinline]] inline level shared_level() noexcept {
  level l = compiled_level;
  __asm__ volatile("" : "+r"(l));
  return l;
}

template <class Model, class Network>
concept has_weights_of = std::same_as<typename Model::network_type, Network>;

}  // namespace detail

template <auto Net, class Arch>
class model;

/// A network that is compiled for several levels; runs the highest that the machine has, or the one
/// that is asked for by its name. The weights are those of a model or embedded_model, which must
/// stay where it is. Calls are those of a model.
///
///   etch::dispatch<net> fast{model};                             // or {model, "x86-64-v3"}
///   if (!fast.valid()) std::fputs(fast.error().data(), stderr);  // and do not call it
///
/// Each level is a translation unit of its own (level_code.hpp, docs/dispatch.md).
template <auto Net, results Results = results::fastest, auto Levels = usual_levels>
class dispatch
    : public forward_interface<detail::usable<Net>(), void, dispatch<Net, Results, Levels>> {
 public:
  // Compilers show the next line to who gives none.
  dispatch() = delete;  // etch: it takes a model of its network, etch::dispatch<net> fast{model}
  template <class Model>
  explicit dispatch(Model const& from, std::string_view wanted = {}) noexcept
      : choice_(choose_level(Levels, machine_level(), wanted)) {
    constexpr bool fits = detail::has_weights_of<Model, typename dispatch::network_type>;
    static_assert(fits || is_rejected<typename dispatch::network_type>,
                  "etch: a dispatch takes a model or an embedded_model of its own network");
    if constexpr (fits) {
      weights_ = from.weights();
      if constexpr (requires { from.valid(); })
        if (valid() && !from.valid())
          choice_.say("the weights that are linked are not this network's, or not all of them");
      if (valid()) check_linkage(std::make_index_sequence<Levels.size()>{});
    }
  }
  template <auto Other, class Arch>
  explicit dispatch(model<Other, Arch>&&, std::string_view = {}) = delete;  // it must outlive this

  /// Whether there are weights and a level to run; if not, `error()` is the reason, and ends with a
  /// zero.
  bool valid() const noexcept { return choice_.valid(); }
  std::string_view error() const noexcept { return choice_.error(); }

  /// The level that runs.
  level picked() const noexcept { return Levels[choice_.index]; }

  float const* weights() const noexcept { return weights_; }

  template <int Samples>
  void run_samples(buffers const& b, int samples) const noexcept {
    run_level<Samples>(b, samples, std::make_index_sequence<Levels.size()>{});
  }

 private:
  template <int Samples, std::size_t... I>
  void run_level(buffers const& b, int samples, std::index_sequence<I...>) const noexcept {
    using code = void (*)(buffers const&, int) noexcept;
    static constexpr code levels[]{
        &level_code<dispatch::network, Samples, Results, Levels[I]>::run...};
    levels[choice_.index](b, samples);
  }

  /// An error where the linker took a function of one unit for another.
  template <std::size_t... I>
  void check_linkage(std::index_sequence<I...>) noexcept {
    level const machine = machine_level();
    auto const check = [&](level expected, level found) {
      if (expected != found && choice_.valid())
        choice_.say("code of ").say(name_of(found)).say(" is linked into that of ")
            .say(name_of(expected)).say("; see docs/dispatch.md for how to keep them apart");
    };
    check(compiled_level, detail::shared_level());
    ((runs(machine, Levels[I])
          ? check(Levels[I], level_code<dispatch::network, 1, Results, Levels[I]>::linked_level())
          : void()),
     ...);
  }

  float const* weights_ = nullptr;
  level_choice choice_;
};
template <class Model>
dispatch(Model const&, std::string_view = {}) -> dispatch<Model::network>;

}  // namespace etch
