#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "shape.hpp"

namespace etch {

/// A text with a `{}` for each of `Arguments`, checked when it is compiled.
/// Messages are made of these rather than by a library for formatting: what that checks and
/// instantiates for each took a fifth of the time that a program with a training loop compiled.
template <std::size_t Arguments>
struct text_pattern {
  std::string_view text;

  template <std::convertible_to<std::string_view> T>
  consteval text_pattern(T const& t) : text(t) {
    std::size_t found = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) found += text[i] == '{' && text[i + 1] == '}';
    if (found != Arguments) throw "as many arguments are wanted as the text has {}";
  }
};

/// What can be put into a text: another, a character or a number, as its shortest form.
class text_argument {
 public:
  text_argument() = default;
  template <std::convertible_to<std::string_view> Text>
  text_argument(Text const& text) : text_(text) {}
  text_argument(char c) : kind_(kind::character), signed_(c) {}
  template <std::signed_integral Number>
  text_argument(Number n) : kind_(kind::with_sign), signed_(n) {}
  template <std::unsigned_integral Number>
  text_argument(Number n) : kind_(kind::without_sign), unsigned_(n) {}
  text_argument(float n) : kind_(kind::single), real_(static_cast<double>(n)) {}
  text_argument(double n) : kind_(kind::real), real_(n) {}

  void append_to(std::string& to) const {
    char digits[64];
    auto const number = [&](auto n) {
      to.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
    };
    switch (kind_) {
      case kind::text:
        to += text_;
        break;
      case kind::character:
        to += static_cast<char>(signed_);
        break;
      case kind::with_sign:
        number(signed_);
        break;
      case kind::without_sign:
        number(unsigned_);
        break;
      case kind::single:
        number(static_cast<float>(real_));
        break;
      case kind::real:
        number(real_);
        break;
    }
  }

 private:
  enum class kind : unsigned char { text, character, with_sign, without_sign, single, real };
  kind kind_ = kind::text;
  std::string_view text_;
  long long signed_ = 0;
  unsigned long long unsigned_ = 0;
  double real_ = 0;
};

namespace detail {

inline std::string fill(std::string_view text, text_argument const* arguments) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text.substr(i, 2) == "{}")
      (arguments++)->append_to(result), ++i;
    else
      result += text[i];
  return result;
}

}  // namespace detail

/// `filled("{} of {}", 3, "apples")`: the text with the arguments put in.
template <class... Arguments>
std::string filled(text_pattern<sizeof...(Arguments)> text, Arguments const&... arguments) {
  text_argument const all[]{arguments..., {}};
  return detail::fill(text.text, all);
}

/// `1c` as `001c`.
inline std::string hexadecimal(unsigned number, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; number /= 16) text[i] = "0123456789abcdef"[number % 16];
  return text;
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
