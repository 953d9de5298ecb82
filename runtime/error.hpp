#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "../dsl/text.hpp"

namespace etch {

/// What files, data and training throw. The message is an fmt format string, checked when it is
/// compiled: `throw error("{}: expected {} samples, found {}", name, 10, n)`.
class error : public std::runtime_error {
 public:
  template <typename... Args>
  explicit error(fmt::format_string<Args...> message, Args&&... args)
      : std::runtime_error(fmt::format(message, std::forward<Args>(args)...)) {}
};

/// Reports bad content: which file, at which byte, what should stand there and what does.
[[noreturn]] inline void fail_at(std::string_view file, std::uint64_t offset,
                                 std::string_view expected, std::string_view found) {
  throw error("{}, byte {}: expected {}, found {}", file, offset, expected, found);
}

}  // namespace etch
