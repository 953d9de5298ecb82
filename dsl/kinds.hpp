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

namespace detail {

template <std::size_t N>
struct number {};
struct no_kind {};

/// One of several kinds, by its number: eight of them stand here, more in `others`. (Compilers
/// instantiate and evaluate a union faster than a list for each kind, or a std::variant.)
template <class A = no_kind, class B = no_kind, class C = no_kind, class D = no_kind,
          class E = no_kind, class F = no_kind, class G = no_kind, class H = no_kind,
          class... Others>
union one_of {
  no_kind nothing;
  A a;
  B b;
  C c;
  D d;
  E e;
  F f;
  G g;
  H h;
  std::conditional_t<sizeof...(Others) == 0, no_kind, one_of<Others...>> others;

  constexpr one_of() : nothing{} {}
  constexpr one_of(number<0>, A const& kind) : a{kind} {}
  constexpr one_of(number<1>, B const& kind) : b{kind} {}
  constexpr one_of(number<2>, C const& kind) : c{kind} {}
  constexpr one_of(number<3>, D const& kind) : d{kind} {}
  constexpr one_of(number<4>, E const& kind) : e{kind} {}
  constexpr one_of(number<5>, F const& kind) : f{kind} {}
  constexpr one_of(number<6>, G const& kind) : g{kind} {}
  constexpr one_of(number<7>, H const& kind) : h{kind} {}
  template <std::size_t N, class Kind>
  constexpr one_of(number<N>, Kind const& kind) : others{number<N - 8>{}, kind} {}

  template <std::size_t Number>
  constexpr auto const& get() const {
    if constexpr (Number == 0) return a;
    else if constexpr (Number == 1) return b;
    else if constexpr (Number == 2) return c;
    else if constexpr (Number == 3) return d;
    else if constexpr (Number == 4) return e;
    else if constexpr (Number == 5) return f;
    else if constexpr (Number == 6) return g;
    else if constexpr (Number == 7) return h;
    else return others.template get<Number - 8>();
  }
};

template <class... Kinds>
one_of<Kinds...> union_of(kind_list<Kinds...>);

}  // namespace detail

/// What a thing of one of these kinds has for itself.
template <class Kinds>
using kind_data = decltype(detail::union_of(Kinds{}));

/// The one value of a kind that has nothing for itself.
template <class Kind>
inline constexpr Kind only_value{};

/// Lists that grow.
struct growing {
  template <class T>
  using list = constexpr_list<T>;
};

/// Lists of constants that lie elsewhere.
struct viewing {
  template <class T>
  using list = list_view<T const>;
};

/// What the things of a list have for themselves. A thing says its kind's number, and the place here.
template <class Kinds, class How = growing>
struct kind_store;
template <class... Kinds, class How>
struct kind_store<kind_list<Kinds...>, How> {
  typename How::template list<kind_data<kind_list<Kinds...>>> kept;

  /// The place of `kind` from now on.
  template <class Kind>
  constexpr int keep([[maybe_unused]] Kind const& kind) {
    if constexpr (std::is_empty_v<Kind>) {
      return 0;
    } else {
      kept.push_back({detail::number<all::template number<Kind>>{}, kind});
      return static_cast<int>(kept.size()) - 1;
    }
  }
  /// What a thing of this kind has for itself, which is kept at `place`.
  template <class Kind>
  constexpr Kind const& at(int place) const {
    if constexpr (std::is_empty_v<Kind>) return only_value<Kind>;
    else return kept[place].template get<all::template number<Kind>>();
  }
  /// f(what it has for itself) for a thing of the kind `number`, which is kept at `place`.
  template <class F>
  constexpr void visit(unsigned char number, int place, F f) const {
    callers<F>[number](*this, place, f);
  }

 private:
  using all = kind_list<Kinds...>;
  template <class Kind, class F>
  static constexpr void call(kind_store const& store, int place, F& f) {
    f(store.at<Kind>(place));
  }
  // Compilers evaluate one access to an array faster than a comparison for each kind.
  template <class F>
  static constexpr void (*callers[all::count])(kind_store const&, int,
                                               F&) = {&kind_store::call<Kinds, F>...};
};

}  // namespace etch
