#pragma once

#include <cstddef>
#include <vector>

namespace etch {

/// Unsigned numbers as their bytes, the lowest first.
template <typename Unsigned>
constexpr Unsigned load_little(std::byte const* bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    value = static_cast<Unsigned>(value | std::to_integer<Unsigned>(bytes[i]) << (8 * i));
  return value;
}

template <typename Unsigned>
void append_little(std::vector<std::byte>& bytes, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

}  // namespace etch
