#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace check {

/// A NaN that no computation gives, and that no computation takes without raising FE_INVALID.
inline float poison() { return std::bit_cast<float>(0x7f9ec0deu); }
inline bool is_poison(float value) { return std::bit_cast<std::uint32_t>(value) == 0x7f9ec0deu; }

struct unmap {
  std::size_t bytes = 0;
  void operator()(char* memory) const { munmap(memory, bytes); }
};

/// The end at which an inaccessible page adjoins guarded floats.
enum class edge { begin, end };

/// Floats between two inaccessible pages, with poison where they do not fill the memory: what is
/// read there spoils a result, what is written there is found, and what goes beyond stops the
/// program. They begin or end at a page, or lie between two zones of poison, `shift` floats behind
/// a multiple of 64 bytes.
class guarded {
 public:
  explicit guarded(std::integral auto count, edge at = edge::end, float fill = poison())
      : guarded(static_cast<std::size_t>(count), 0, 0) {
    if (at == edge::end) begin_ += memory_floats() - count_;
    std::fill_n(data(), count_, fill);
  }
  guarded(std::integral auto count, std::integral auto shift)
      : guarded(static_cast<std::size_t>(count), zone + static_cast<std::size_t>(shift), zone) {}
  guarded(std::vector<float> const& values, std::integral auto shift)
      : guarded(values.size(), shift) {
    std::copy(values.begin(), values.end(), data());
  }

  float* data() const { return begin_; }
  std::size_t size() const { return count_; }
  float& operator[](std::integral auto i) const { return begin_[i]; }
  std::vector<float> values() const { return {begin_, begin_ + count_}; }

  /// Whether nothing was written before or behind the floats.
  bool intact() const {
    return std::all_of(first(), begin_, is_poison) &&
           std::all_of(begin_ + count_, first() + memory_floats(), is_poison);
  }

 private:
  static constexpr std::size_t zone = 64;
  static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

  guarded(std::size_t count, std::size_t before, std::size_t behind) : count_(count) {
    std::size_t const wanted = (before + count + behind) * sizeof(float);
    std::size_t const bytes = (wanted + page() - 1) / page() * page() + 2 * page();
    void* const memory =
        mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    memory_ = std::unique_ptr<char, unmap>(static_cast<char*>(memory), {bytes});
    if (memory_floats() > 0 &&
        mprotect(first(), memory_floats() * sizeof(float), PROT_READ | PROT_WRITE) != 0)
      throw std::bad_alloc();
    std::fill_n(first(), memory_floats(), poison());
    begin_ = first() + before;
  }
  float* first() const { return reinterpret_cast<float*>(memory_.get() + page()); }
  std::size_t memory_floats() const {
    return (memory_.get_deleter().bytes - 2 * page()) / sizeof(float);
  }

  std::unique_ptr<char, unmap> memory_;
  std::size_t count_;
  float* begin_ = nullptr;
};

}  // namespace check
