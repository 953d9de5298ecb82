#pragma once

#include <array>
#include <initializer_list>

namespace etch {

/// The extents of one sample's tensor, outermost first: `(features)`, `(tokens, features)` or
/// `(height, width, channels)`. Rank 0 is a scalar. The batch is never part of a shape.
struct tensor_shape {
  static constexpr int max_rank = 6;

  int rank = 0;
  std::array<int, max_rank> extent{};

  constexpr tensor_shape() = default;
  constexpr tensor_shape(std::initializer_list<int> extents) {
    for (int e : extents) extent[static_cast<std::size_t>(rank++)] = e;
  }

  constexpr int operator[](int axis) const { return extent[static_cast<std::size_t>(axis)]; }
  constexpr int& operator[](int axis) { return extent[static_cast<std::size_t>(axis)]; }
  constexpr int last() const { return rank == 0 ? 1 : (*this)[rank - 1]; }

  /// The product of the extents of the axes `[from, to)`.
  constexpr int elements(int from, int to) const {
    int product = 1;
    for (int axis = from; axis < to; ++axis) product *= (*this)[axis];
    return product;
  }
  constexpr int elements() const { return elements(0, rank); }

  /// At most so many elements has a tensor: then offsets in it, and its size with padding, fit int.
  static constexpr int max_elements = 1 << 30;
  constexpr bool is_countable() const {
    long long product = 1;
    for (int axis = 0; axis < rank && product <= max_elements; ++axis) product *= (*this)[axis];
    return product <= max_elements;
  }

  constexpr bool operator==(tensor_shape const& other) const {
    if (rank != other.rank) return false;
    for (int axis = 0; axis < rank; ++axis)
      if ((*this)[axis] != other[axis]) return false;
    return true;
  }
};

/// What the elements of a tensor are, four bytes each. What is computed is float32; an int32 is a
/// token, which an input gives, and by which rows of a table are found.
enum class element_type : unsigned char { float32, int32 };

/// A number for each axis of a shape; behind its last axis 0.
using axis_counts = std::array<int, tensor_shape::max_rank>;

/// What flows between layers: tensors of a shape, and of what.
struct stream_type : tensor_shape {
  element_type element = element_type::float32;

  constexpr stream_type() = default;
  constexpr stream_type(std::initializer_list<int> extents) : tensor_shape(extents) {}
  constexpr stream_type(tensor_shape const& shape, element_type of = element_type::float32)
      : tensor_shape(shape), element(of) {}
};

/// `etch::shape<28, 28, 1>`: the shape with these extents.
template <int... Extents>
inline constexpr tensor_shape shape{Extents...};

}  // namespace etch
