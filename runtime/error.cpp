#include "error.hpp"

#include <algorithm>

namespace etch {

std::string beginning_text(std::span<std::byte const> file) {
  std::string text = "\"";
  for (std::byte byte : file.first(std::min<std::size_t>(file.size(), 16))) {
    auto const c = std::to_integer<unsigned char>(byte);
    text += c < 0x20 || c > 0x7e ? filled("\\x{:02x}", c) : std::string(1, static_cast<char>(c));
  }
  return text + '"';
}

void fail_at(std::string_view file, std::uint64_t offset, std::string_view expected,
             std::string_view found) {
  throw error("{}, byte {}: expected {}, found {}", file, offset, expected, found);
}

}  // namespace etch
