#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "../../dsl/losses/check.hpp"
#include "model.hpp"

namespace etch {

// The words of an error in a call that takes a model.
struct a_model;
struct a_model_that_is_not_const;
struct one_input_and_one_output;
struct an_optimizer_that_is_not_const;
struct a_batch;

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

template <class T>
concept has_features = requires(T const& batch) {
  { batch.features() } -> std::convertible_to<std::span<float const>>;
};
template <class T>
concept has_tokens = requires(T const& batch) {
  { batch.tokens() } -> std::convertible_to<std::span<std::int32_t const>>;
};
/// Whether a type is a batch of numbers, or of tokens, which are std::int32_t.
template <class T, class Number>
concept is_batch = requires(T const& batch) {
  { batch.size() } -> std::convertible_to<int>;
  { batch.targets() } -> std::convertible_to<std::span<float const>>;
} && (std::is_same_v<Number, float> ? has_features<T> : has_tokens<T>);

/// Why a call is refused for its model, its optimizer or its batch.
enum class misuse { none, no_model, const_model, several_streams, no_optimizer, no_batch };

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
template <class Model, class Optimizer, class Batch>
constexpr misuse misuse_of_training() {
  constexpr misuse why = misuse_of_simple<Model>();
  if constexpr (why != misuse::none) return why;
  else if (!is_optimizer<Optimizer>) return misuse::no_optimizer;
  else return is_batch<Batch, typename Model::input_number> ? misuse::none : misuse::no_batch;
}

/// True where nothing is wrong; else one error says what is.
template <misuse Why, class Model, class Optimizer = void, class Batch = void>
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
  else if constexpr (Why == misuse::no_batch)
    static_assert(call_rule<expects<a_batch>, given<Batch>>::is_met,
                  "etch: behind the loss stands a batch, with size(), features() (or tokens(), where "
                  "the network is given those) and targets(), as etch::batches makes; of other "
                  "floats it is etch::batch<0>{count, x, y}");
  return Why == misuse::none;
}

/// The calls of which arguments may be left out by mistake.
enum class call { fit, train_step, evaluate, save, load, save_embedded, get, set };

/// In place of an argument that was left out.
struct left_out {
  template <class T>
  operator T&() const;  // so that nothing more is said
};

/// The default of an argument that must be given: an error that says what the call takes. The call
/// itself speaks of a model that is none, and of what stands in the place of the loss.
template <call Of, class Model, class Loss = left_out>
constexpr auto not_given() {
  constexpr bool no_model = !is_model<std::remove_const_t<Model>>;
  constexpr bool is_said = !std::is_same_v<Loss, left_out> && (no_model || !is_loss<Loss>);
  if constexpr (Of == call::fit)
    static_assert(is_said, "etch: fit takes a model, an optimizer, a loss and a dataset: "
                           "etch::fit(model, optimizer, etch::mse, data, {.epochs = 5})");
  else if constexpr (Of == call::train_step)
    static_assert(is_said, "etch: train_step takes a model, an optimizer, a loss and a batch: "
                           "etch::train_step(model, optimizer, etch::mse, batch)");
  else if constexpr (Of == call::evaluate)
    static_assert(is_said, "etch: evaluate takes a model, a loss and a dataset: "
                           "etch::evaluate(model, etch::mse, data)");
  else if constexpr (Of == call::save)
    static_assert(no_model, "etch: save takes a model and a file: "
                            "etch::save(model, \"net.safetensors\")");
  else if constexpr (Of == call::load)
    static_assert(no_model, "etch: load takes a model and a file: "
                            "etch::load(model, \"net.safetensors\")");
  else if constexpr (Of == call::save_embedded)
    static_assert(no_model, "etch: save_embedded takes a model and a file: "
                            "etch::save_embedded(model, \"net.etch\")");
  else if constexpr (Of == call::get)
    static_assert(no_model, "etch: get takes a model and the name of a parameter: "
                            "etch::get(model, \"dense_1.bias\")");
  else
    static_assert(no_model, "etch: set takes a model, the name of a parameter, and its numbers: "
                            "etch::set(model, \"dense_1.bias\", values)");
  return left_out{};
}

}  // namespace detail
}  // namespace etch
