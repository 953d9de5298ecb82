#pragma once

#include <algorithm>
#include <cstdint>

#include "forward.hpp"
#include "freeze.hpp"
#include "initialize.hpp"
#include "parameter_identity.hpp"

namespace etch {

/// Where random numbers begin: equal seeds give equal weights on every machine.
struct seed {
  std::uint64_t value = 0;
};

/// A rule that was broken, spelled out by its arguments.
template <class To, class From>
struct weights_rule {
  static constexpr bool is_met = false;
};

/// A network with its weights, which it owns: one buffer on the heap, in the layout the kernels
/// read. Copies are deep. For weights that are linked into the program see embedded_model.
/// `etch::model<net> model{etch::seed{42}}`, or `etch::model model{net, etch::seed{42}}`.
template <auto Net, class Arch = arch::native>
class model : public forward_interface<detail::usable<Net>(), Arch, model<Net, Arch>> {
  using known = facts<model::network>;

 public:
  using arch_type = Arch;

  /// Parameters as their initializers say.
  explicit model(seed s = {}) : buffer_(static_cast<std::size_t>(known::weight_floats)) {
    initialize<model::network>(buffer_.data(), s.value);
    refresh();
  }
  explicit model(std::remove_cvref_t<decltype(Net)>, seed s = {}) : model(s) {}
  /// Of numbers and texts: an error that says what is taken.
  template <class... Given>
    requires(!std::is_class_v<Given> || ...)
  explicit model(Given const&...) {
    constexpr bool is_seed = sizeof...(Given) == 0;
    static_assert(is_seed, "etch: a model takes a seed, etch::model<net> model{etch::seed{42}}, or "
                           "nothing; etch::load reads a file");
  }

  /// The weights of a network from which this one differs by layers without parameters at the end
  /// of either: those of `net` for `net | etch::softmax`. Others are an error that says so.
  template <auto Other, class OtherArch>
  explicit model(model<Other, OtherArch> const& from)
      : buffer_(static_cast<std::size_t>(known::weight_floats)) {
    constexpr bool fits = have_the_same_weights<model::network, model<Other, OtherArch>::network>;
    if constexpr (fits) {
      static_assert(known::places == facts<model<Other, OtherArch>::network>::places);
      std::copy_n(from.weights(), known::parameter_floats, buffer_.data());
      for (std::size_t i = 0; i < frozen_.size(); ++i)
        frozen_[i] = known::parameters[i].frozen || from.frozen()[i];
      refresh();
    } else {
      static_assert(
          weights_rule<std::remove_cv_t<decltype(Net)>, std::remove_cv_t<decltype(Other)>>::is_met,
          "etch: the weights of one network do not fit another; etch::get and etch::set "
          "copy single parameters");
    }
  }
  template <auto Other, class OtherArch>
  model& operator=(model<Other, OtherArch> const& other) {
    return *this = model(other);
  }

  /// The parameters as they lie in memory (facts<Net>::places), and behind them what follows from
  /// them.
  float const* weights() const noexcept { return buffer_.data(); }
  float* weights() noexcept { return buffer_.data(); }

  /// What an optimizer knows these parameters by. To give it another, `identity() = {}`, is to say
  /// that they were replaced.
  parameter_identity& identity() noexcept { return identity_; }

  /// Training leaves these as they are, with what the optimizer knows of them: `names` is the name of
  /// a parameter (`conv2d_1.weight`) or of a layer (`conv2d_1`, all of its parameters and batch
  /// statistics), in which `*` stands for any text. Throws `error`, with the nearest names, if there
  /// is none.
  void freeze(std::string_view names) { detail::mark_frozen(known::parameters, frozen_, names, true); }
  /// Lets training change them again. What is declared `etch::frozen` cannot be: if it is all that
  /// has such a name, that is an `error`.
  void unfreeze(std::string_view names) {
    detail::mark_frozen(known::parameters, frozen_, names, false);
  }
  /// Which parameters are, in the order of `etch::parameters<net>()`.
  std::span<bool const> frozen() const noexcept { return frozen_; }
  std::span<bool> frozen() noexcept { return frozen_; }

  /// To be called when weights were written: computes what follows from them, such as the scale and
  /// shift that a batch_norm is at inference.
  void refresh() noexcept {
    if constexpr (known::weight_floats > known::parameter_floats) {
      buffers b;
      b.parameters = buffer_.data();
      b.derived = buffer_.data() + known::parameter_floats;
      run_prologue<Arch, inference_plan<model::network, 1>>(b);
    }
  }

 private:
  float_buffer buffer_;
  parameter_identity identity_;
  std::array<bool, known::parameters.size()> frozen_ = [] {
    std::array<bool, known::parameters.size()> declared{};
    for (std::size_t i = 0; i < declared.size(); ++i) declared[i] = known::parameters[i].frozen;
    return declared;
  }();
};
template <class Network, class Seed = seed>
  requires(is_network<Network> || is_part<Network>)
model(Network, Seed = {}) -> model<Network{}>;

}  // namespace etch
