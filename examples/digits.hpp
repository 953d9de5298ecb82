#pragma once

#include <etch/etch.hpp>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "draw_digit.hpp"
#include "options.hpp"

/// Images of digits (28, 28, 1) and their labels, drawn by the program itself.
inline etch::dataset drawn_digits(int count, std::uint64_t seed) {
  etch::random_engine rng{seed};
  std::vector<float> images(static_cast<std::size_t>(count) * 784), labels;
  for (int i = 0; i < count; ++i) {
    int const digit = rng.below(10);
    auto const image = std::span{images}.subspan(static_cast<std::size_t>(i) * 784).first<784>();
    draw_digit(digit, rng, image);
    labels.push_back(static_cast<float>(digit));
  }
  return {etch::shape<28, 28, 1>, etch::shape<>, std::move(images), std::move(labels)};
}

struct digits {
  etch::dataset train, test;
};

/// The MNIST files of a folder or, where none is named, `samples` drawn digits to learn from and a
/// quarter as many to test with.
inline digits load_digits(std::string const& mnist_folder, int samples) {
  if (mnist_folder.empty()) return {drawn_digits(samples, 1), drawn_digits(samples / 4, 2)};
  return {etch::load_mnist(mnist_folder, "train"), etch::load_mnist(mnist_folder, "t10k")};
}

/// Where weights are to go, told before they are learned if that cannot be; empty: nowhere.
inline void check_places(std::initializer_list<std::string> files) {
  for (std::string const& file : files)
    if (!file.empty()) etch::check_writable(file);
}

/// As many threads as the machine has, unless the user says otherwise.
inline int threads_option(options& o) {
  int const processors = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return o.number("threads", processors, "that share the work", 1, 256);
}
