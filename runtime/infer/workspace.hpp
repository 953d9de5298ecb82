#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <utility>

#if defined(__linux__) && __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include "../../codegen/lower/usable.hpp"

namespace etch {

namespace detail {

template <auto Usable, int Samples>
struct workspace_memory {
  static constexpr int floats =
      std::max(1, inference_plan<Usable, std::max(1, Samples)>::value.workspace);
  alignas(64) std::array<float, static_cast<std::size_t>(floats)> memory;
};

}  // namespace detail

/// The memory that a network computes in, for up to `Samples` samples at once. It belongs to the
/// caller: one model serves as many threads as there are workspaces. It holds no state between
/// calls. `etch::workspace<net>`, or `etch::workspace w{net}`.
template <auto Net, int Samples = 1>
struct workspace
    : detail::workspace_memory<detail::usable<Net, detail::inference_source<Net, Samples>>(),
                               Samples> {
  workspace() = default;
  explicit workspace(std::remove_cvref_t<decltype(Net)>) {}
};
template <class Network>
workspace(Network) -> workspace<Network{}>;

/// Floats on the heap, aligned to 64 bytes and zero at first. Large ones lie in large pages, where
/// the system gives such: in pages of 4 KB, what a step of training of tens of MB reads is often
/// looked up, and seldom asked for ahead.
class float_buffer {
 public:
  float_buffer() = default;
  explicit float_buffer(std::size_t count)
      : data_(static_cast<float*>(::operator new(count * sizeof(float), alignment(count)))),
        size_(count) {
#ifdef MADV_HUGEPAGE
    if (is_large(count)) ::madvise(data_, count * sizeof(float), MADV_HUGEPAGE);
#endif
    std::fill_n(data_, count, 0.0f);
  }
  float_buffer(float_buffer const& other) : float_buffer(other.size_) {
    std::copy_n(other.data_, size_, data_);
  }
  float_buffer(float_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  float_buffer& operator=(float_buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~float_buffer() { ::operator delete(data_, alignment(size_)); }

  float* data() { return data_; }
  float const* data() const { return data_; }
  std::size_t size() const { return size_; }
  /// Zeros, as many as asked for; keeps what is there when there are as many already.
  void resize(std::size_t count) {
    if (count != size_) *this = float_buffer(count);
  }

 private:
  static constexpr std::size_t large_page = std::size_t{2} << 20;  // bytes
  static constexpr bool is_large(std::size_t count) { return count * sizeof(float) >= large_page; }
  static constexpr std::align_val_t alignment(std::size_t count) {
    return std::align_val_t{is_large(count) ? large_page : 64};
  }

  float* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The gradients of a plan, which every step overwrites, but for what pads them: that stays zero, and
/// lies elsewhere in another plan.
struct gradient_buffer {
  float_buffer floats;
  void const* plan = nullptr;  // an address that stands for it

  void resize(std::size_t count, void const* of) {
    if (plan != of) floats = float_buffer();
    plan = of;
    floats.resize(count);
  }
};

}  // namespace etch
