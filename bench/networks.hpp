#pragma once

#include "../etch.hpp"

/// The networks that are compared, declared once.
namespace benches::nets {

using namespace etch;

inline constexpr auto mlp_10_5_3 = input<10> | dense<5> | etch::sigmoid | dense<3> | etch::sigmoid;

inline constexpr auto mlp_1_8_8_8_1 =
    input<1> | dense<8> | etch::tanh | dense<8> | etch::tanh | dense<8> | etch::tanh | dense<1>;

inline constexpr auto mlp_64_128_128_10 =
    input<64> | dense<128> | relu | dense<128> | relu | dense<10>;

inline constexpr auto mlp_784_128_64_10 =
    input<784> | dense<128> | relu | dense<64> | relu | dense<10>;

inline constexpr auto mnist_cnn = input<28, 28, 1> | conv2d<32, 3> | relu | max_pool2d<2> |
                                  conv2d<64, 3> | relu | max_pool2d<2> | conv2d<64, 3> | relu |
                                  flatten | dense<64> | relu | dense<10>;

/// 2.8 MB of weights, most of them in the first dense layer.
inline constexpr auto mnist_dropout = input<28, 28, 1> | conv2d<32, 3> | relu | max_pool2d<2> |
                                      flatten | dense<128> | relu | dropout<0.5> | dense<10>;

/// He et al. 2015, basic blocks, for images of 32 x 32 and with a quarter of the channels.
template <int Channels>
inline constexpr auto two_convolutions = conv2d<Channels, 3, same, no_bias> | batch_norm | relu |
                                         conv2d<Channels, 3, same, no_bias> | batch_norm;
template <int Channels>
inline constexpr auto basic_block = residual(two_convolutions<Channels>) | relu;

template <int Channels>
inline constexpr auto halving_block =
    parallel<add>(conv2d<Channels, 3, same, stride<2>, no_bias> | batch_norm | relu |
                      conv2d<Channels, 3, same, no_bias> | batch_norm,
                  conv2d<Channels, 1, stride<2>, no_bias> | batch_norm) |
    relu;

inline constexpr auto resnet18_small =
    input<32, 32, 3> | conv2d<16, 3, same, no_bias> | batch_norm | relu | basic_block<16> |
    basic_block<16> | halving_block<32> | basic_block<32> | halving_block<64> | basic_block<64> |
    halving_block<128> | basic_block<128> | global_avg_pool2d | dense<10>;

}  // namespace benches::nets
