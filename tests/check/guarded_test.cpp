#include "guarded.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "catch.hpp"

using namespace check;

namespace {

/// Whether writing there ends a process.
bool stops(float* there) {
  pid_t const child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);  // and no report of its own
    signal(SIGBUS, SIG_DFL);
    *static_cast<float volatile*>(there) = 1;
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

}  // namespace

TEST_CASE("an access beyond the page next to guarded floats stops the program") {
  for (int const count : {0, 1, 67, 1024, 5000}) {
    guarded const begins(count, edge::begin), ends(count, edge::end);
    CHECK(stops(begins.data() - 1));
    CHECK(stops(ends.data() + count));
    if (count > 0) CHECK_FALSE(stops(ends.data() + count - 1));
    if (count > 0) CHECK_FALSE(stops(begins.data()));
  }
}

TEST_CASE("a write beside guarded floats is found") {
  for (int const count : {1, 67, 5000})
    for (int const at : {-64, -1, count, count + 63}) {
      guarded const between(count, 3);
      between[0] = between[count - 1] = 1;
      CHECK(between.intact());
      between[at] = 1;
      CHECK_FALSE(between.intact());
    }
  guarded const begins(5, edge::begin), ends(5, edge::end, 2.0f);
  CHECK(begins.intact());
  CHECK(ends.intact());
  begins[5] = ends[-1] = 0;
  CHECK_FALSE(begins.intact());
  CHECK_FALSE(ends.intact());
}

TEST_CASE("guarded floats are poison, a value or a list, where they were asked for") {
  CHECK(is_poison(guarded(3)[2]));
  CHECK(guarded(2, edge::begin, 4.0f).values() == std::vector<float>{4, 4});
  guarded lists(std::vector<float>{1, 2}, 5);
  guarded const moved = std::move(lists);
  CHECK(moved.values() == std::vector<float>{1, 2});
  CHECK(moved.size() == 2);
  CHECK(reinterpret_cast<std::uintptr_t>(moved.data()) % 64 == 5 * sizeof(float));
  CHECK(moved.intact());
}
