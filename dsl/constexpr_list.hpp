#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <type_traits>

namespace etch {

/// What counts the elements of a list: a number, or an enumeration that stands for one, such as
/// node_id, which no other kind of number fits.
template <class T>
concept list_index = std::integral<T> || std::is_enum_v<T>;

/// Elements of a list that follow each other.
template <class T>
struct list_view {
  T* first = nullptr;
  T* last = nullptr;

  constexpr T* begin() const { return first; }
  constexpr T* end() const { return last; }
  constexpr std::size_t size() const { return static_cast<std::size_t>(last - first); }
  constexpr bool empty() const { return first == last; }
  constexpr T* data() const { return first; }
  constexpr T& operator[](list_index auto i) const { return first[static_cast<std::size_t>(i)]; }
};

template <class T>
list_view(T*, T*) -> list_view<T>;

/// A std::array whose elements are found by any list_index.
template <class T, std::size_t N>
struct fixed_list : std::array<T, N> {
  constexpr T& operator[](list_index auto i) { return this->data()[static_cast<std::size_t>(i)]; }
  constexpr T const& operator[](list_index auto i) const {
    return this->data()[static_cast<std::size_t>(i)];
  }
};

/// A std::vector of little: what the graph and its passes need. Compilers take several times as
/// long to instantiate and to evaluate the other, whose every access is some calls deep. Elements
/// exist before they are in the list, so that it takes no <memory>.
template <class T>
class constexpr_list {
 public:
  constexpr constexpr_list() = default;
  constexpr constexpr_list(std::size_t count, T const& value) { assign(count, value); }
  constexpr explicit constexpr_list(std::size_t count) { resize(count); }
  constexpr constexpr_list(std::initializer_list<T> items) { append(items.begin(), items.size()); }
  constexpr constexpr_list(constexpr_list const& given) { append(given.items_, given.size_); }
  constexpr constexpr_list(constexpr_list&& given) noexcept { swap(given); }
  constexpr constexpr_list& operator=(constexpr_list const& given) {
    if (this != &given) {
      clear();
      append(given.items_, given.size_);
    }
    return *this;
  }
  constexpr constexpr_list& operator=(constexpr_list&& given) noexcept {
    swap(given);
    return *this;
  }
  constexpr ~constexpr_list() { delete[] items_; }

  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T* data() { return items_; }
  constexpr T const* data() const { return items_; }
  constexpr T* begin() { return items_; }
  constexpr T* end() { return items_ + size_; }
  constexpr T const* begin() const { return items_; }
  constexpr T const* end() const { return items_ + size_; }
  constexpr T& operator[](list_index auto i) { return items_[static_cast<std::size_t>(i)]; }
  constexpr T const& operator[](list_index auto i) const {
    return items_[static_cast<std::size_t>(i)];
  }
  constexpr T& front() { return items_[0]; }
  constexpr T const& front() const { return items_[0]; }
  constexpr T& back() { return items_[size_ - 1]; }
  constexpr T const& back() const { return items_[size_ - 1]; }

  constexpr void reserve(std::size_t room) {
    if (room <= room_) return;
    T* const items = new T[room];
    for (std::size_t i = 0; i < size_; ++i) items[i] = static_cast<T&&>(items_[i]);
    delete[] items_;
    items_ = items;
    room_ = room;
  }
  constexpr void clear() { size_ = 0; }
  constexpr void push_back(T const& value) {
    if (size_ < room_) {
      items_[size_++] = value;
    } else {
      T copy = value;  // which may be one of those that move now
      reserve(room_ == 0 ? 8 : 2 * room_);
      items_[size_++] = static_cast<T&&>(copy);
    }
  }
  constexpr void resize(std::size_t size) {
    reserve(size);
    for (; size_ < size; ++size_) items_[size_] = T{};
    size_ = size;
  }
  constexpr void assign(std::size_t count, T const& value) {
    clear();
    reserve(count);
    for (; size_ < count; ++size_) items_[size_] = value;
  }
  constexpr void erase(T* at) {
    for (; at + 1 < end(); ++at) *at = static_cast<T&&>(at[1]);
    --size_;
  }

  friend constexpr bool operator==(constexpr_list const& a, constexpr_list const& b) {
    bool equal = a.size_ == b.size_;
    for (std::size_t i = 0; equal && i < a.size_; ++i) equal = a[i] == b[i];
    return equal;
  }

 private:
  constexpr void append(T const* from, std::size_t count) {
    reserve(size_ + count);
    for (std::size_t i = 0; i < count; ++i) items_[size_++] = from[i];
  }
  // Without std::swap and std::move, which compilers instantiate for each list with all their traits.
  constexpr void swap(constexpr_list& other) {
    T* const items = items_;
    std::size_t const size = size_, room = room_;
    items_ = other.items_, size_ = other.size_, room_ = other.room_;
    other.items_ = items, other.size_ = size, other.room_ = room;
  }

  T* items_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace etch
