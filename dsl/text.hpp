#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "shape.hpp"

namespace etch {

/// A format of fmt for so many arguments, counted when it is compiled. Counted only: fmt's own
/// check of each message took a fifth of the time that a program with a training loop compiled.
template <std::size_t Arguments>
struct text_pattern {
  std::string_view text;

  consteval text_pattern(char const* t) : text(t) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '{') {
        if (i + 1 < text.size() && text[i + 1] == '{') ++i;
        else ++found;
      }
    if (found != Arguments) throw "as many arguments are wanted as the text has {}";
  }
};

/// What a message tells: a number, a character or a text. One type for all, because fmt has a dozen
/// functions for every other combination of them that is compiled.
class text_argument {
 public:
  text_argument(char v) : kind_(kind::character), character_(v) {}
  text_argument(float v) : kind_(kind::single), single_(v) {}
  text_argument(double v) : kind_(kind::real), real_(v) {}
  template <std::signed_integral T>
  text_argument(T v) : kind_(kind::integer), integer_(v) {}
  template <std::unsigned_integral T>
  text_argument(T v) : kind_(kind::natural), natural_(v) {}
  text_argument(char const* v) : text_argument(std::string_view{v}) {}
  text_argument(std::string const& v) : text_argument(std::string_view{v}) {}
  text_argument(std::string_view v) : kind_(kind::text), text_(v) {}

  /// Appends it as `field`, such as `{:.4f}`, says.
  void append_to(std::string& out, std::string_view field) const;

 private:
  enum class kind : unsigned char { character, single, real, integer, natural, text };

  kind kind_;
  union {
    char character_;
    float single_;
    double real_;
    long long integer_;
    unsigned long long natural_;
    std::string_view text_;
  };
};

namespace detail {

std::string fill(std::string_view text, std::initializer_list<text_argument> arguments);

}  // namespace detail

/// `filled("{} of {}", 3, "apples")`: the text with the arguments put in.
template <class... Arguments>
std::string filled(text_pattern<sizeof...(Arguments)> text, Arguments const&... arguments) {
  return detail::fill(text.text, {text_argument(arguments)...});
}

/// `(28, 28, 1)`: extents as messages print them.
std::string extents_text(std::span<int const> extents);
std::string extents_text(std::span<std::int64_t const> extents);
std::string shape_text(tensor_shape const& shape);

}  // namespace etch
