#pragma once

#include <cstdint>

#include "forward.hpp"

namespace etch {

/// What stands before the weights in a file that is made to be linked into a program: 64 bytes,
/// then facts<net>::weight_floats floats as they lie in a model's memory.
struct embedded_header {
  static constexpr std::uint64_t expected_magic = 0x3130'6863'7465ull;  // "etch01"

  std::uint64_t magic = expected_magic;
  std::uint64_t fingerprint = 0;
  std::uint64_t floats = 0;
  std::uint64_t reserved[5]{};
};
static_assert(sizeof(embedded_header) == 64);

/// A network over weights that are part of the program: nothing is read, parsed or allocated.
///
///   ETCH_EMBED(cnn_weights, "cnn.etch")
///   constinit etch::embedded_model<cnn> model{cnn_weights};
///
/// Whether the linked file belongs to this network is known when the program runs: `valid()`.
template <auto Net, class Arch = arch::native>
class embedded_model : public forward_interface<Net, Arch, embedded_model<Net, Arch>> {
 public:
  constexpr explicit embedded_model(unsigned char const* file) noexcept : file_(file) {}

  bool valid() const noexcept {
    auto const* const header = reinterpret_cast<embedded_header const*>(file_);
    return header->magic == embedded_header::expected_magic &&
           header->fingerprint == facts<Net>::fingerprint &&
           header->floats == static_cast<std::uint64_t>(facts<Net>::weight_floats);
  }
  float const* weights() const noexcept {
    return reinterpret_cast<float const*>(file_ + sizeof(embedded_header));
  }

 private:
  unsigned char const* file_;
};

}  // namespace etch

/// Links the bytes of a file into the program as `unsigned char const name[]`, aligned to 64 bytes.
/// It stands at namespace scope, once in a program for each name; the path is the assembler's:
/// absolute, or relative to where the compiler runs or to one of its -I folders.
#define ETCH_EMBED(name, path)                                                               \
  __asm__(".pushsection .rodata\n.balign 64\n.global " #name "\n" #name ":\n.incbin \"" path \
          "\"\n.byte 0\n.popsection\n");                                                     \
  extern "C" unsigned char const name[];
