#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace etch {

/// While this lives, this thread's arithmetic treats denormal numbers (below about 1e-38) as zero:
/// flush-to-zero and denormals-are-zero. They make a kernel up to a hundred times slower and mean
/// nothing to a network, yet fading signals and vanishing gradients are full of them. `fit` and
/// `train_step` hold one; around `forward`, hold one per thread or per audio block: setting the
/// mode costs about as much as a network of ten units.
class flush_denormals {
 public:
  flush_denormals() noexcept : before_(read()) { write(before_ | mask); }
  ~flush_denormals() { write(before_); }
  flush_denormals(flush_denormals const&) = delete;
  flush_denormals& operator=(flush_denormals const&) = delete;

 private:
#if defined(__SSE2__)
  using word = unsigned;
  static constexpr word mask = 0x8040;  // FTZ, DAZ of MXCSR
  static word read() noexcept { return _mm_getcsr(); }
  static void write(word w) noexcept { _mm_setcsr(w); }
#elif defined(__aarch64__)
  using word = unsigned long;
  static constexpr word mask = 1ul << 24;  // FZ of FPCR
  static word read() noexcept {
    word w;
    __asm__ volatile("mrs %0, fpcr" : "=r"(w));
    return w;
  }
  static void write(word w) noexcept { __asm__ volatile("msr fpcr, %0" : : "r"(w)); }
#else
  using word = unsigned;
  static constexpr word mask = 0;
  static word read() noexcept { return 0; }
  static void write(word) noexcept {}
#endif
  word before_;
};

}  // namespace etch
