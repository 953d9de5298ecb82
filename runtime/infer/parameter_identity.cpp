#include "parameter_identity.hpp"

#include <atomic>

namespace etch {

std::uint64_t parameter_identity::number() {
  static std::atomic<std::uint64_t> last{0};
  if (number_ == 0) number_ = ++last;
  return number_;
}

}  // namespace etch
