#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "../../runtime/bench/limits.hpp"

/// What the bench programs share: rows that are checked, timed and compared with the machine's
/// ceilings, and a command line.
namespace benches {

using etch::float_buffer;
using native = etch::arch::native;

/// A row takes its inputs in turn, so that no branch predictor learns one of them by heart: four,
/// or two where they are so large that none does and more would not stay in the second-level cache.
inline constexpr int rotation = 4;
constexpr int inputs_in_turn(std::size_t floats) { return floats > 1 << 15 ? 2 : rotation; }

/// The inputs of a row: 1, 2 or 4 buffers, which `operator[]` counts round and round.
class buffer_list {
 public:
  float_buffer const& operator[](int i) const { return all_[place(i)]; }
  float_buffer& operator[](int i) { return all_[place(i)]; }
  void push_back(float_buffer b) { all_.push_back(std::move(b)); }
  int size() const { return static_cast<int>(all_.size()); }
  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }

 private:
  std::size_t place(int i) const { return static_cast<std::size_t>(i) & (all_.size() - 1); }

  std::vector<float_buffer> all_;
};

/// Something to time: `run` makes `calls` calls, with the inputs first, first + 1, ... of the
/// rotation. `result` is the output of input 0 in the order that all libraries share, for the
/// comparison before timing.
struct job {
  std::function<void(int first, int calls)> run;
  std::function<std::vector<float>()> result;
};

/// The work of a call, as every library has to do it.
struct task {
  std::string name;  // `<group>/<name>/<pass>[/batch:<n>]`
  etch::measure::work work{};
  double footprint = 0;  // bytes in use, 0: those of `work`
  int items = 0;         // samples of a call; above 0, the row reports items_per_second
  std::function<std::vector<float>()> expected{};  // the result, from plain loops
  double tolerance = 1e-4;  // largest difference to it, relative to its largest number
  bool one_thread = true;   // false: has several, each of which calls pin_thread
};

/// Keeps the calling thread to the core of this index, counted round, among those that the process
/// was given; with --pin=none to none.
void pin_thread(int index);

/// A row `<task.name>/<library>`. `make` prepares the job, when the row is run for the first time.
void add_row(task const& t, std::string const& library, std::function<job()> make);

/// Numbers in [-0.5, 0.5), the same in every run; `which` tells buffers apart.
float_buffer numbers(std::size_t count, unsigned which = 0, float scale = 1.0f);
/// As many of them as a row takes in turn.
buffer_list inputs(std::size_t count, unsigned which = 100, float scale = 1.0f);

/// A job whose call is `kernel(index of the input)`, which is inlined into the loop. `clear` comes
/// before the call that `result` shows: for kernels that add to what is there.
template <class Kernel, class Result, class Clear>
job make_job(Kernel kernel, Result result, Clear clear) {
  return {[kernel](int first, int calls) {
            for (int i = 0; i < calls; ++i) {
              kernel((first + i) & (rotation - 1));
              asm volatile("" : : : "memory");
            }
          },
          [kernel, result, clear] {
            clear();
            kernel(0);
            return result();
          }};
}
template <class Kernel, class Result>
job make_job(Kernel kernel, Result result) {
  return make_job(kernel, result, [] {});
}

inline std::vector<float> copy_of(float_buffer const& b) { return {b.data(), b.data() + b.size()}; }
inline std::vector<double> doubles(float_buffer const& b) {
  return {b.data(), b.data() + b.size()};
}

/// Lists, runs and reports the rows. Beside Google Benchmark's options:
///   --pin=<core>|none   the core that this process keeps to; without, the one it starts on
///   --fastest           the fastest stretch of calls in place of the median
///   --stretch=<us>      how long a stretch is, 50 without
int run_rows(int argc, char** argv);

}  // namespace benches
