#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

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

  /// The size of a file with this header and its weights.
  constexpr std::uint64_t file_bytes() const { return sizeof(embedded_header) + 4 * floats; }
};
static_assert(sizeof(embedded_header) == 64);

/// A file in memory, of which the compiler knows nothing but where it is: what ETCH_EMBED makes.
struct embedded_file {
  unsigned char const* begin;
  unsigned char const* end;
};

/// A file in memory whose header the compiler knows: a model of another network does not compile.
/// What etch_embed() of CMake and Meson makes, and `embedded`.
template <std::uint64_t Fingerprint, std::size_t Bytes>
struct known_file {
  unsigned char const* begin;
  bool is_aligned;  // to 64 bytes, for certain
};

namespace detail {

/// The eight bytes that are `place` bytes into a file, as a number; 0 where the file is shorter.
template <class File>
constexpr std::uint64_t number_in(File const& file, std::size_t place) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8 && place + i < std::size(file); ++i)
    number |= std::uint64_t{file[place + i]} << 8 * i;
  return number;
}

template <auto const& File>
constexpr auto known() {
  constexpr bool was_saved = number_in(File, 0) == embedded_header::expected_magic;
  static_assert(was_saved,
                "etch: this is not a file that etch::save_embedded wrote");
  return known_file<number_in(File, 8), std::size(File)>{std::data(File), false};
}

}  // namespace detail

/// A file that is a constant, which the compiler then checks:
///
///   alignas(64) constexpr unsigned char cnn_file[] = {
///   #embed "cnn.etch"
///   };
///   constinit etch::embedded_model<cnn> model{etch::embedded<cnn_file>};
template <auto const& File>
inline constexpr auto embedded = detail::known<File>();

/// A network over weights that are part of the program: nothing is read, parsed or allocated.
///
///   #include "cnn.etch.hpp"  // made by etch_embed(): docs/embedding.md
///   constinit etch::embedded_model<cnn> model{cnn_weights};
///
/// A file that the compiler knows and that is not this network's is an error of the compiler. Of
/// any other, `valid()` tells; where it is false there are no weights, and `forward` ends the
/// program.
template <auto Net, class Arch = arch::native>
class embedded_model
    : public forward_interface<detail::usable<Net>(), Arch, embedded_model<Net, Arch>> {
 public:
  // Compilers show the next line to who gives none.
  embedded_model() = delete;  // etch: it takes weights, etch::embedded_model<net> m{net_weights}
  template <std::uint64_t Fingerprint, std::size_t Bytes>
  constexpr explicit embedded_model(known_file<Fingerprint, Bytes> given) noexcept
      : file_{given.begin, given.begin + Bytes}, proven_(given.is_aligned) {
    if constexpr (is_rejected<typename embedded_model::network_type>) {
    } else if constexpr (Fingerprint != expected().fingerprint) {
      static_assert(Fingerprint == expected().fingerprint,
                    "etch: this file holds the weights of another network; save those of this one "
                    "with etch::save_embedded");
    } else {
      static_assert(Bytes >= expected().file_bytes(),
                    "etch: this file is cut: it ends before its weights do");
    }
  }
  /// The file must begin at a multiple of 64 bytes, or the model is not valid.
  constexpr explicit embedded_model(embedded_file file) noexcept : file_(file) {}
  constexpr explicit embedded_model(std::span<unsigned char const> file) noexcept
      : file_{file.data(), file.data() + file.size()} {}
  /// Of anything else: an error that says what is taken.
  template <class Other>
    requires(!std::is_convertible_v<Other const&, std::span<unsigned char const>>)
  constexpr explicit embedded_model(Other const&) noexcept : file_{} {
    constexpr bool is_file = std::is_same_v<Other, embedded_file>;
    static_assert(is_file, "etch: an embedded_model takes weights that are linked into the program: "
                           "what etch_embed(), ETCH_EMBED or etch::embedded made");
  }

  /// Whether the file holds the weights of this network, all of them.
  constexpr bool valid() const noexcept { return proven_ || is_expected(file_); }

  /// Null where the model is not valid.
  float const* weights() const noexcept {
    return valid() ? reinterpret_cast<float const*>(file_.begin + sizeof(embedded_header))
                   : nullptr;
  }

 private:
  static constexpr embedded_header expected() {
    return {.fingerprint = facts<embedded_model::network>::fingerprint,
            .floats = static_cast<std::uint64_t>(facts<embedded_model::network>::weight_floats)};
  }
  static bool is_expected(embedded_file file) noexcept {
    constexpr embedded_header wanted = expected();
    if (reinterpret_cast<std::uintptr_t>(file.begin) % 64 != 0 ||
        static_cast<std::uint64_t>(file.end - file.begin) < wanted.file_bytes())
      return false;
    auto const* const found = reinterpret_cast<embedded_header const*>(file.begin);
    return found->magic == wanted.magic && found->fingerprint == wanted.fingerprint &&
           found->floats == wanted.floats;
  }

  embedded_file file_;
  bool proven_ = false;
};

}  // namespace etch

/// Links the bytes of a file into the program, aligned to 64 bytes, as the etch::embedded_file
/// `name`. It stands at namespace scope, once in a program for each name; the path is the
/// assembler's: absolute, or relative to where the compiler runs or to one of its -I folders. The
/// compiler does not see the file: it is checked when the program runs, and a build does not know
/// that it has changed. etch_embed() has neither fault: docs/embedding.md.
#define ETCH_EMBED(name, path)                                                              \
  __asm__(".pushsection .rodata\n.balign 64\n.global etch_begin_" #name                     \
          ", etch_end_" #name "\netch_begin_" #name ":\n.incbin \"" path "\"\netch_end_" #name \
          ":\n.byte 0\n.popsection\n");                                                     \
  extern "C" unsigned char const etch_begin_##name[], etch_end_##name[];                    \
  [[maybe_unused]] constexpr ::etch::embedded_file name{etch_begin_##name, etch_end_##name};

/// What the tool etch-embed writes into a header: the first `bytes` bytes of the file, once in the
/// program whatever includes it, as the etch::known_file `name`. `symbol` is the linker's name.
#define ETCH_EMBED_KNOWN(name, symbol, path, bytes, fingerprint)                                 \
  __asm__(".ifndef " #symbol "\n.pushsection .rodata." #symbol ",\"aG\",%progbits," #symbol      \
          ",comdat\n.balign 64\n.weak " #symbol "\n" #symbol ":\n.incbin \"" path "\", 0, " #bytes \
          "\n.org " #symbol " + " #bytes "\n.popsection\n.endif\n");                             \
  extern "C" unsigned char const symbol[bytes];                                                  \
  [[maybe_unused]] constexpr ::etch::known_file<fingerprint, bytes> name{symbol, true};
