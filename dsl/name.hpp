#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace etch {

/// A string literal as a template argument: `etch::tap<"skip">`.
template <std::size_t N>
struct literal {
  char text[N]{};
  constexpr literal(char const (&s)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

/// A short text held by value, so that it lives in constant expressions: `conv2d_2.weight`.
struct name_text {
  static constexpr int capacity = 63;

  std::array<char, capacity + 1> text{};
  int length = 0;

  constexpr name_text() = default;
  constexpr name_text(std::string_view s) { append(s); }
  constexpr name_text& append(std::string_view s) {
    for (char c : s)
      if (length < capacity) text[static_cast<std::size_t>(length++)] = c;
    return *this;
  }
  constexpr name_text& append(int number) {
    if (number >= 10) append(number / 10);
    char const digit = static_cast<char>('0' + number % 10);
    return append(std::string_view{&digit, 1});
  }
  /// Puts a number in the place of the one that begins at `at`: so less is copied than if the name were
  /// written anew.
  constexpr void renumber(std::size_t at, int number) {
    std::size_t end = at, digits = 1;
    while (text[end] >= '0' && text[end] <= '9') ++end;
    for (int rest = number / 10; rest > 0; rest /= 10) ++digits;
    if (end - at != digits) {
      name_text const before = *this;
      length = static_cast<int>(at + digits);
      append(before.view().substr(end));
    }
    for (std::size_t i = at + digits; i > at; number /= 10)
      text[--i] = static_cast<char>('0' + number % 10);
  }
  constexpr std::string_view view() const {
    return {text.data(), static_cast<std::size_t>(length)};
  }
  constexpr bool operator==(name_text const& other) const { return view() == other.view(); }
};

}  // namespace etch
