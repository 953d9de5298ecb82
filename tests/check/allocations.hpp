#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

/// Counts what a program allocates by replacing operator new. A program may include this in one of
/// its files only, which is what a test here consists of.
namespace check {

inline std::atomic<long> allocations{0};
inline std::atomic<std::size_t> allocated_bytes{0};
inline std::atomic<std::size_t> largest_allocation{SIZE_MAX};  // what is larger is refused

inline void* allocate(std::size_t size, std::size_t alignment) {
  ++allocations;
  if (size > largest_allocation) throw std::bad_alloc{};
  std::size_t const whole = (size + alignment - 1) / alignment * alignment;
  allocated_bytes += whole;
  void* const p = std::aligned_alloc(alignment, whole == 0 ? alignment : whole);
  if (p == nullptr) std::abort();
  return p;
}

// Not inline, where g++ would see `free` of what came from `new` and warn.
[[gnu::noinline]] inline void release(void* p) noexcept { std::free(p); }

}  // namespace check

void* operator new(std::size_t size) { return check::allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return check::allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t a) {
  return check::allocate(size, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t size, std::align_val_t a) {
  return check::allocate(size, static_cast<std::size_t>(a));
}
// The sanitizers bring forms of their own that do not call these, so all are replaced.
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  return check::allocate(size, alignof(std::max_align_t));
}
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept {
  return check::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t a, std::nothrow_t const&) noexcept {
  return check::allocate(size, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t size, std::align_val_t a, std::nothrow_t const&) noexcept {
  return check::allocate(size, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { check::release(p); }
void operator delete[](void* p) noexcept { check::release(p); }
void operator delete(void* p, std::size_t) noexcept { check::release(p); }
void operator delete[](void* p, std::size_t) noexcept { check::release(p); }
void operator delete(void* p, std::align_val_t) noexcept { check::release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { check::release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { check::release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { check::release(p); }
void operator delete(void* p, std::nothrow_t const&) noexcept { check::release(p); }
void operator delete[](void* p, std::nothrow_t const&) noexcept { check::release(p); }
void operator delete(void* p, std::align_val_t, std::nothrow_t const&) noexcept { check::release(p); }
void operator delete[](void* p, std::align_val_t, std::nothrow_t const&) noexcept { check::release(p); }
