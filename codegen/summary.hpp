#pragma once

#include <span>
#include <string>

#include "cost.hpp"

namespace etch {

/// 1234567 as `1,234,567`.
std::string grouped(long long number);

namespace detail {

std::string summary(std::span<layer_cost const> layers, long long parameters,
                    long long multiply_adds, long long weight_bytes, long long workspace_bytes);

}  // namespace detail

/// The network as a table: each layer's output shape, parameters and multiply-adds for one sample.
template <auto Net>
std::string summary() {
  constexpr auto const& all = cost<Net>;
  return detail::summary(all.layers, all.parameters, all.multiply_adds, all.weight_bytes,
                         all.workspace_bytes);
}

}  // namespace etch
