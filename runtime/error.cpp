#include "error.hpp"

namespace etch {

void fail_at(std::string_view file, std::uint64_t offset, std::string_view expected,
             std::string_view found) {
  throw error("{}, byte {}: expected {}, found {}", file, offset, expected, found);
}

}  // namespace etch
