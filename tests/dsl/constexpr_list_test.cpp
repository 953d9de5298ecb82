#include "../../dsl/constexpr_list.hpp"

#include <string>

#include "catch.hpp"

using etch::constexpr_list;

namespace {

/// How many are alive, and how often one was made of another.
struct counted {
  static inline int alive = 0, copies = 0;

  counted() { ++alive; }
  counted(counted const&) { ++alive, ++copies; }
  counted& operator=(counted const&) {
    ++copies;
    return *this;
  }
  counted& operator=(counted&&) noexcept { return *this; }
  ~counted() { --alive; }
};

constexpr int sum(constexpr_list<int> const& all) {
  int total = 0;
  for (int x : all) total += x;
  return total;
}

}  // namespace

static_assert([] {
  constexpr_list<int> a{1, 2, 3};
  for (int i = 4; i <= 100; ++i) a.push_back(i);
  constexpr_list<int> b = a;
  b.erase(b.begin() + 99);
  b.resize(98);
  b.resize(101);
  constexpr_list<constexpr_list<int>> all(2, b);
  all.push_back(std::move(a));
  return sum(all[0]) == 4851 && all[1].size() == 101 && all[1].back() == 0 && sum(all[2]) == 5050 &&
         sum(constexpr_list<int>(3, 7)) == 21 &&
         constexpr_list<int>(4) == constexpr_list<int>{0, 0, 0, 0};
}());

TEST_CASE("a list holds what it is given, also of itself while it grows") {
  constexpr_list<std::string> all;
  CHECK(all.empty());
  all.push_back("a text that is too long for the string itself");
  for (int i = 1; i < 40; ++i) all.push_back(all[0]);
  CHECK(all.size() == 40);
  for (std::string const& text : all) CHECK(text == all.front());
  CHECK(all == constexpr_list<std::string>(40, all[0]));
  all.push_back("b");
  CHECK(all != constexpr_list<std::string>(41, all[0]));
  all.assign(2, "c");
  CHECK(all == constexpr_list<std::string>{"c", "c"});
}

TEST_CASE("a list destroys what it held, and copies only into another list") {
  {
    constexpr_list<counted> a(5);
    a.reserve(50);
    a.resize(3);
    a.erase(a.begin());
    CHECK(a.size() == 2);
    CHECK(counted::copies == 0);
    constexpr_list<counted> b = a;
    CHECK(counted::copies == 2);
    b = std::move(a);
    CHECK(counted::copies == 2);
    CHECK(b.size() == 2);
    a = b;
    CHECK(a.size() == 2);
    CHECK(counted::copies == 4);
    CHECK(counted::alive > 0);
  }
  CHECK(counted::alive == 0);
}
