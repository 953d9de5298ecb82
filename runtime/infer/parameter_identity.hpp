#pragma once

#include <cstdint>
#include <utility>

namespace etch {

/// Tells the parameters of a model from those of all others, so that an optimizer knows them again.
/// It moves with them; copies are other parameters.
class parameter_identity {
 public:
  parameter_identity() = default;
  parameter_identity(parameter_identity const&) noexcept {}
  parameter_identity(parameter_identity&& other) noexcept
      : number_(std::exchange(other.number_, 0)) {}
  parameter_identity& operator=(parameter_identity other) noexcept {
    number_ = other.number_;
    return *this;
  }

  /// At least 1. It is chosen when it is first asked for: a model that only infers has none.
  std::uint64_t number();

 private:
  std::uint64_t number_ = 0;
};

}  // namespace etch
