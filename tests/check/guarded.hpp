#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace check {

/// A NaN that no computation gives.
inline float poison() {
  std::uint32_t const bits = 0x7fdec0deu;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline bool is_poison(float value) {
  float const wanted = poison();
  return std::memcmp(&value, &wanted, sizeof value) == 0;
}

/// Floats between two zones of poison: what is read outside spoils a result, and what is written
/// outside is found. `shift` floats away from a multiple of 64 bytes.
class guarded {
 public:
  explicit guarded(std::size_t count, std::size_t shift = 1)
      : memory_(count + 2 * zone + shift + 16, poison()), count_(count) {
    std::size_t const off = reinterpret_cast<std::uintptr_t>(memory_.data()) / sizeof(float) % 16;
    begin_ = (16 - off) % 16 + zone + shift;
  }
  guarded(std::vector<float> const& values, std::size_t shift) : guarded(values.size(), shift) {
    std::copy(values.begin(), values.end(), data());
  }

  float* data() { return memory_.data() + begin_; }
  std::vector<float> values() const {
    auto const first = memory_.begin() + static_cast<std::ptrdiff_t>(begin_);
    return {first, first + static_cast<std::ptrdiff_t>(count_)};
  }
  /// Whether nothing was written before or behind the floats.
  bool intact() const {
    auto const first = memory_.begin() + static_cast<std::ptrdiff_t>(begin_);
    auto const last = first + static_cast<std::ptrdiff_t>(count_);
    return std::all_of(memory_.begin(), first, is_poison) &&
           std::all_of(last, memory_.end(), is_poison);
  }

 private:
  static constexpr std::size_t zone = 64;

  std::vector<float> memory_;
  std::size_t count_, begin_ = 0;
};

}  // namespace check
