#pragma once

#include <array>
#include <cstddef>

#include "peers/peers.hpp"

/// The sizes of rows that libraries with sizes at compile time have to know too.
namespace benches {

inline constexpr std::array gemm_sizes{gemm_size{8, 8, 8},       gemm_size{16, 16, 16},
                                       gemm_size{32, 32, 32},    gemm_size{64, 64, 64},
                                       gemm_size{128, 128, 128}, gemm_size{256, 256, 256},
                                       gemm_size{64, 784, 128},  gemm_size{32, 128, 10}};

/// A chain of dense layers: `hidden` behind each but the last, `last` behind that.
struct mlp_sizes {
  char name[24];
  std::array<int, 6> sizes;  // 0 behind the last
  activation hidden, last;
  bool is_network;  // otherwise a single layer, for the rows of kernels

  constexpr std::size_t layers() const {
    std::size_t n = 0;
    while (n + 1 < sizes.size() && sizes[n + 1] > 0) ++n;
    return n;
  }
  constexpr activation activation_of(std::size_t layer) const {
    return layer + 1 < layers() ? hidden : last;
  }

  mlp value() const {
    mlp net{name, {sizes[0]}, {}};
    for (std::size_t l = 0; l < layers(); ++l) {
      net.sizes.push_back(sizes[l + 1]);
      net.activations.push_back(activation_of(l));
    }
    return net;
  }
};

inline constexpr std::array mlps{
    mlp_sizes{"mlp_10_5_3", {10, 5, 3}, activation::sigmoid, activation::sigmoid, true},
    mlp_sizes{"mlp_1_8_8_8_1", {1, 8, 8, 8, 1}, activation::tanh, activation::none, true},
    mlp_sizes{"mlp_64_128_128_10", {64, 128, 128, 10}, activation::relu, activation::none, true},
    mlp_sizes{"mlp_784_128_64_10", {784, 128, 64, 10}, activation::relu, activation::none, true},
    mlp_sizes{"64x64_relu", {64, 64}, activation::none, activation::relu, false},
    mlp_sizes{"128x128_relu", {128, 128}, activation::none, activation::relu, false},
    mlp_sizes{"784x128_relu", {784, 128}, activation::none, activation::relu, false},
    mlp_sizes{"512x512_relu", {512, 512}, activation::none, activation::relu, false},
    mlp_sizes{"8x8_tanh", {8, 8}, activation::none, activation::tanh, false},
    mlp_sizes{"32x32_tanh", {32, 32}, activation::none, activation::tanh, false},
    mlp_sizes{"64x64_tanh", {64, 64}, activation::none, activation::tanh, false},
    mlp_sizes{"128x128_tanh", {128, 128}, activation::none, activation::tanh, false}};

/// The entry of that name.
inline mlp mlp_named(std::string_view name) {
  for (mlp_sizes const& m : mlps)
    if (name == m.name) return m.value();
  return {};
}

}  // namespace benches
