#include "numbers.hpp"

namespace etch::detail {

void check_finite(std::string_view who, std::span<float const> values, std::string_view what) {
  if (bad_numbers const bad = find_not_finite(values))
    throw error("{}: expected finite numbers as {}; {}", who, what, bad.text());
}

}  // namespace etch::detail
