#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "constexpr_list.hpp"

namespace etch {

/// Types in an order that numbers them: those of the things in a list whose elements are of several
/// kinds. Each is a struct of what a thing of its kind has beside what all have.
template <class... Kinds>
struct kind_list {
  static constexpr std::size_t count = sizeof...(Kinds);
  /// The same and more.
  template <class... More>
  using with = kind_list<Kinds..., More...>;

  template <class Kind>
  static constexpr unsigned char number = [] {
    static_assert((std::is_same_v<Kind, Kinds> || ...), "etch: this is no kind of the list");
    constexpr bool is[]{std::is_same_v<Kind, Kinds>...};
    unsigned char i = 0;
    while (!is[i]) ++i;
    return i;
  }();
};

namespace detail {

template <std::size_t Number, class Kind>
struct numbered_kind {
  using kind = Kind;
};
template <class Numbers, class... Kinds>
struct numbered_kinds;
template <std::size_t... Numbers, class... Kinds>
struct numbered_kinds<std::index_sequence<Numbers...>, Kinds...>
    : numbered_kind<Numbers, Kinds>... {};
template <class... Kinds>
numbered_kinds<std::make_index_sequence<sizeof...(Kinds)>, Kinds...> numbered(kind_list<Kinds...>);
template <std::size_t Number, class Kind>
numbered_kind<Number, Kind> pick(numbered_kind<Number, Kind> const&);

}  // namespace detail

/// The kind of the list that has a number.
template <class Kinds, std::size_t Number>
using kind_at = typename decltype(detail::pick<Number>(detail::numbered(Kinds{})))::kind;

/// The one value of a kind that has nothing for itself.
template <class Kind>
inline constexpr Kind only_value{};

/// What the things of one kind have for themselves, if that is anything.
template <class Kind, class How, bool Empty = std::is_empty_v<Kind>>
struct kind_table {
  typename How::template list<Kind> entries;
};
template <class Kind, class How>
struct kind_table<Kind, How, true> {};

/// Tables that grow.
struct growing {
  template <class Kind>
  using list = constexpr_list<Kind>;
};

/// Lists of constants that lie elsewhere.
struct viewing {
  template <class T>
  using list = list_view<T const>;
};

/// Tables of known sizes, one for each of `Kinds`.
template <class Kinds, std::array<std::size_t, Kinds::count> Sizes>
struct frozen {
  template <class Kind>
  using list = fixed_list<Kind, Sizes[Kinds::template number<Kind>]>;
};

/// A table for each kind of a list.
template <class Kinds, class How = growing>
struct kind_tables;
template <class... Kinds, class How>
struct kind_tables<kind_list<Kinds...>, How>
    : kind_table<Kinds, How>... {
  template <class Kind>
  constexpr auto& table() {
    return static_cast<kind_table<Kind, How>&>(*this).entries;
  }
  template <class Kind>
  constexpr auto const& table() const {
    return static_cast<kind_table<Kind, How> const&>(*this).entries;
  }
  static constexpr std::size_t count = sizeof...(Kinds);
  constexpr std::array<std::size_t, count> sizes() const { return {size_of<Kinds>()...}; }

  /// Where `kind` is kept from now on.
  template <class Kind>
  constexpr int keep([[maybe_unused]] Kind const& kind) {
    if constexpr (std::is_empty_v<Kind>) {
      return 0;
    } else {
      table<Kind>().push_back(kind);
      return static_cast<int>(table<Kind>().size()) - 1;
    }
  }
  /// What a thing of this kind has for itself, which is kept at `place`.
  template <class Kind>
  constexpr Kind const& at(int place) const {
    if constexpr (std::is_empty_v<Kind>) return only_value<Kind>;
    else return table<Kind>()[place];
  }

  /// f(what it has for itself) for a thing of the kind `number`, which is kept at `place`.
  template <class F>
  constexpr void visit(unsigned char number, int place, F f) const {
    callers<F>[number](*this, place, f);
  }
  /// f(table of these, table of those) for each kind.
  template <class Other, class F>
  constexpr void for_each_table(Other& other, F f) const {
    (with_table<Kinds>(other, f), ...);
  }

 private:
  template <class Kind>
  constexpr std::size_t size_of() const {
    if constexpr (std::is_empty_v<Kind>) return 0;
    else return table<Kind>().size();
  }
  template <class Kind, class Other, class F>
  constexpr void with_table(Other& other, F& f) const {
    if constexpr (!std::is_empty_v<Kind>) f(table<Kind>(), other.template table<Kind>());
  }
  template <class Kind, class F>
  static constexpr void call(kind_tables const& all, int place, F& f) {
    f(all.at<Kind>(place));
  }
  // Compilers evaluate one access to an array faster than a comparison for each kind.
  template <class F>
  static constexpr void (*callers[count])(kind_tables const&, int,
                                          F&) = {&kind_tables::call<Kinds, F>...};
};

}  // namespace etch
