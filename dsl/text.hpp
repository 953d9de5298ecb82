#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>

#include <fmt/core.h>

#include "shape.hpp"

namespace etch {

/// A format of fmt for so many arguments, counted when it is compiled. Counted only: fmt's own check
/// of each message took a fifth of the time that a program with a training loop compiled.
template <std::size_t Arguments>
struct text_pattern {
  fmt::string_view text;

  template <std::convertible_to<fmt::string_view> T>
  consteval text_pattern(T const& t) : text(t) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text.data()[i] == '{') {
        if (i + 1 < text.size() && text.data()[i + 1] == '{') ++i;
        else ++found;
      }
    if (found != Arguments) throw "as many arguments are wanted as the text has {}";
  }
};

/// `filled("{} of {}", 3, "apples")`: the text with the arguments put in.
template <class... Arguments>
std::string filled(text_pattern<sizeof...(Arguments)> text, Arguments const&... arguments) {
  return fmt::vformat(text.text, fmt::make_format_args(arguments...));
}

/// `(28, 28, 1)`: extents as messages print them.
template <typename Extents>
std::string extents_text(Extents const& extents) {
  std::string text = "(";
  for (auto extent : extents) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + ")";
}

inline std::string shape_text(tensor_shape const& shape) {
  return extents_text(std::span{shape.extent}.first(static_cast<std::size_t>(shape.rank)));
}

}  // namespace etch
