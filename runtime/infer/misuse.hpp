#pragma once

#include <cstddef>
#include <type_traits>

#include "../../dsl/losses/check.hpp"
#include "model.hpp"

namespace etch {

// The words of an error in a call that takes a model.
struct a_model;
struct a_model_that_is_not_const;
struct one_input_and_one_output;
struct an_optimizer_that_is_not_const;

template <class Expected, class Given>
struct call_rule {
  static constexpr bool is_met = false;
};

namespace detail {

template <class T>
inline constexpr bool is_model = false;
template <auto Net, class Arch>
inline constexpr bool is_model<model<Net, Arch>> = true;

/// The network of a model; of anything else, one that takes every loss.
template <class T>
inline constexpr rejected network_of{};
template <auto Net, class Arch>
inline constexpr auto network_of<model<Net, Arch>> = model<Net, Arch>::network;

template <class T>
concept is_optimizer = requires(T& optimizer) { optimizer.begin_step(std::size_t{}); };

/// Why a call is refused for its model or its optimizer.
enum class misuse { none, no_model, const_model, several_streams, no_optimizer };

/// Of one that reads the model or, where it is not const, writes it.
template <class Model>
constexpr misuse misuse_of() {
  if (!is_model<std::remove_const_t<Model>>) return misuse::no_model;
  return std::is_const_v<Model> ? misuse::const_model : misuse::none;
}

/// Of one that computes one output of one input.
template <class Model>
constexpr misuse misuse_of_simple() {
  constexpr misuse why = misuse_of<Model>();
  if constexpr (why == misuse::none)
    if (!is_rejected<typename Model::network_type> &&
        (Model::input_count != 1 || Model::output_count != 1))
      return misuse::several_streams;
  return why;
}

/// Of one that trains.
template <class Model, class Optimizer>
constexpr misuse misuse_of_training() {
  constexpr misuse why = misuse_of_simple<Model>();
  return why == misuse::none && !is_optimizer<Optimizer> ? misuse::no_optimizer : why;
}

/// True where nothing is wrong; else one error says what is.
template <misuse Why, class Model, class Optimizer = void>
constexpr auto is_allowed() {
  if constexpr (Why == misuse::no_model)
    static_assert(call_rule<expects<a_model>, given<Model>>::is_met,
                  "etch: this takes a model, which holds the weights of a network: "
                  "etch::model<net> model");
  else if constexpr (Why == misuse::const_model)
    static_assert(call_rule<expects<a_model_that_is_not_const>, given<Model>>::is_met,
                  "etch: this writes the weights of a model, which must not be const");
  else if constexpr (Why == misuse::several_streams)
    static_assert(call_rule<expects<one_input_and_one_output>, given<Model>>::is_met,
                  "etch: train_step, fit, predict and evaluate take a network with one input and "
                  "one output; forward_batch computes any");
  else if constexpr (Why == misuse::no_optimizer)
    static_assert(call_rule<expects<an_optimizer_that_is_not_const>, given<Optimizer>>::is_met,
                  "etch: behind the model stands an optimizer that is not const, such as "
                  "etch::adam, and behind that the loss");
  return Why == misuse::none;
}

}  // namespace detail
}  // namespace etch
