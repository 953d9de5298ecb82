#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "../../dsl/contraction.hpp"
#include "catch.hpp"

/// What the tests of the contraction kernels have in common.
namespace contract_testing {

inline constexpr float poison = std::numeric_limits<float>::quiet_NaN();

/// Floats that lie right before an inaccessible page, or right behind one: a read or write past
/// that end stops the program. The slack on the other side is NaN and must stay so, bit by bit.
class guarded {
 public:
  guarded(int size, bool at_end, float fill = poison) : size_(static_cast<std::size_t>(size)) {
    auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    inner_ = (size_ * sizeof(float) + page - 1) / page * page;
    length_ = inner_ + 2 * page;
    base_ =
        static_cast<char*>(mmap(nullptr, length_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    REQUIRE(mprotect(base_ + page, inner_, PROT_READ | PROT_WRITE) == 0);
    float* const first = reinterpret_cast<float*>(base_ + page);
    std::fill_n(first, inner_ / sizeof(float), poison);
    data_ = at_end ? first + inner_ / sizeof(float) - size_ : first;
    slack_ = at_end ? first : first + size_;
    std::fill_n(data_, size_, fill);
  }
  guarded(guarded const&) = delete;
  guarded& operator=(guarded const&) = delete;
  ~guarded() { munmap(base_, length_); }

  bool slack_untouched() const {
    for (std::size_t i = 0; i < inner_ / sizeof(float) - size_; ++i)
      if (std::memcmp(slack_ + i, &poison, sizeof poison) != 0) return false;
    return true;
  }
  float* data() { return data_; }
  float& operator[](int i) { return data_[i]; }

 private:
  std::size_t size_, inner_ = 0, length_ = 0;
  char* base_ = nullptr;
  float *data_ = nullptr, *slack_ = nullptr;
};

/// Small numbers that differ everywhere and are the same on every machine.
inline float number(int i, int salt) {
  auto const h = static_cast<unsigned>(i) * 2654435761u + static_cast<unsigned>(salt) * 40503u;
  return static_cast<float>((h >> 8) & 0xffff) / 32768.0f - 1.0f;
}

/// A square convolution, no padding.
constexpr etch::contraction conv(int size, int channels, int kernel, int filters, int stride = 1,
                                 int dilation = 1, int groups = 1) {
  return {size,   size,     channels, kernel, kernel, stride,
          stride, dilation, dilation, groups, filters};
}

}  // namespace contract_testing
