#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../dsl/text.hpp"

namespace etch {

/// What files, data and training throw: `throw error("{}: expected {} samples, found {}", name, 10,
/// n)`.
class error : public std::runtime_error {
 public:
  template <class... Arguments>
  explicit error(text_pattern<sizeof...(Arguments)> message, Arguments const&... arguments)
      : std::runtime_error(detail::fill(message.text, {text_argument(arguments)...})) {}
};

/// The first bytes of a file, in quotes, for a message about one of another kind.
std::string beginning_text(std::span<std::byte const> file);

/// Reports bad content: which file, at which byte, what should stand there and what does.
[[noreturn]] void fail_at(std::string_view file, std::uint64_t offset, std::string_view expected,
                          std::string_view found);

}  // namespace etch
