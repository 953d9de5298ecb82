#pragma once

#include <cstdint>
#include <span>

#include "../files/file_path.hpp"
#include "parameters.hpp"

namespace etch {

namespace detail {

void save(parameter_list const& all, float const* weights, std::span<bool const> frozen,
          file_path const& path);
void load(parameter_list const& all, float* weights, std::span<bool> frozen, file_path const& path);
void save_embedded(parameter_list const& all, std::uint64_t fingerprint,
                   std::span<float const> weights, file_path const& path);

}  // namespace detail

/// Writes every parameter, by its name and in its standard layout, as a safetensors file: the whole
/// file or, with an `error`, none of it. Numbers that are not finite are an error, which names their
/// parameters; `get` reads them all the same. The file names those that `freeze` has frozen.
template <class Model>
void save(Model const& m,
          file_path const& path = detail::not_given<detail::call::save, Model>()) {
  if constexpr (detail::is_allowed<detail::misuse_of<Model>(), Model>())
    detail::save(detail::list_of<Model::network>(), m.weights(), detail::frozen_of(m), path);
}

/// Reads the parameters from a safetensors file that holds just them, in any order. Throws one
/// `error` that lists every missing, unexpected and misshapen tensor, or those with numbers that are
/// not finite, or says what is wrong with the file; the model is then as it was. For an optimizer
/// they are another model's parameters. What is frozen in the file or in the model is so then.
template <class Model>
void load(Model& m, file_path const& path = detail::not_given<detail::call::load, Model>()) {
  if constexpr (detail::is_allowed<detail::misuse_of<Model>(), Model>()) {
    detail::load(detail::list_of<Model::network>(), m.weights(), m.frozen(), path);
    m.identity() = {};
    m.refresh();
  }
}

/// Writes the weights as they lie in memory, for etch_embed() and embedded_model: the whole file or,
/// with an `error`, none of it. They must be finite numbers, as for `save`.
template <class Model>
void save_embedded(
    Model const& m,
    file_path const& path = detail::not_given<detail::call::save_embedded, Model>()) {
  if constexpr (detail::is_allowed<detail::misuse_of<Model>(), Model>()) {
    using known = facts<Model::network>;
    detail::save_embedded(detail::list_of<Model::network>(), known::fingerprint,
                          {m.weights(), static_cast<std::size_t>(known::weight_floats)}, path);
  }
}

}  // namespace etch
