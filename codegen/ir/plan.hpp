#pragma once

#include <array>

#include "parameter_places.hpp"
#include "program.hpp"

namespace etch {

/// The kernels that a plan is made of.
enum class step_kind : unsigned char {
  map,
  reduce,
  contract,
  contract_max_pool,
  contract_dx,
  contract_dw,
  pool,
  pool_index,
  pool_gradient,
  copy,
  pack,
  unpack,
  transpose,
  random,
  iota,
  batch_size,
  all_reduce,
};

/// Whether such a step multiplies what its window says.
constexpr bool is_product(step_kind what) {
  return what == step_kind::contract || what == step_kind::contract_dx ||
         what == step_kind::contract_dw;
}

/// One kernel call. Operands and results are indices of `plan::values`; what is large lies in the
/// plan's tables, once for all steps that share it, for steps are copied often.
struct step {
  step_kind what = step_kind::map;
  bool batched = true;          // runs over the samples; otherwise once
  bool sums = false;            // adds the sum over the samples to its result,
  bool begins = false;          // of which it is the first part: what was there is overwritten
  bool team = false;            // threads split its weights, each for the samples of all
  function fn = function::add;  // pool, reduce
  int result = -1;
  int also = -1;  // also made, or -1: contract_max_pool: the pool_index; contract, map: see box
  int layer = 0;
  std::array<int, 3> operands{-1, -1, -1};  // x, weights, ...
  int code = 0;                             // of plan::programs: map, reduce, contract, pool
  int loads = 0;                            // of plan::loads, the first of the program's
  int window = 0;                           // of plan::windows: contract*, pool*
  int box = 0;  // of plan::boxes: copy; contract, map: the frame of the result or what is also made
  int outer = 1, reduced = 1, inner = 1;    // reduce
  int pool_height = 1, pool_width = 1;      // contract_max_pool; contract_dx, contract_dw of 3
  int index = 0;                            // random: the stream
  int by_row = 0;       // so many steps from here on run together, row by row; -1: with one before
  bool passes = false;  // only steps that it runs with read its result, which is not stored
};

/// Which buffer a value lies in.
enum class space : unsigned char { input, output, parameters, gradients, derived, workspace };

struct value {
  tensor_shape shape;
  int size = 0;  // floats of one copy
  bool batched = false;
  space where = space::workspace;
  int index = 0;   // which input or output
  int offset = 0;  // floats from the beginning of the buffer
  int stride = 0;  // floats from one sample to the next; 0 when all share one copy
  bool lanes = false;  // a block of samples, element by element, as kernels/lanes/lanes.hpp says
  bool grows = false;  // offset counts floats for each sample of the batch: see plan::whole_batch
  bool shared = false;  // a team's threads have it together: each thread's samples behind others,
                        // or, where it is not batched, each thread's copy
};

/// At most so many samples lie in the lanes of a vector, and so many run through the steps of a loop
/// together.
inline constexpr int most_lanes = 16, lane_copies = 32;

/// Steps that run together: over all samples at once, or as one loop, sample by sample, so that
/// what flows between them stays in the nearest cache. With `lanes`, samples lie side by side in
/// vectors: a loop takes as many at once as there are lanes, and sums over them are flat.
struct segment {
  int first = 0, last = 0;
  bool loops = false;
  bool lanes = false;
};

/// What a plan holds beside its lists.
struct plan_numbers {
  int prologue = 0;          // the first segments, which depend on the parameters alone
  int samples = 1;           // at most so many run at once, but for a whole batch
  int workspace = 0;         // floats; -1, and no more is right, if an int does not count them
  int shared = 0;            // at its end: floats of shared values
  bool whole_batch = false;  // what a sample gives depends on the others: all run at once
  int batch = 0;             // then also so many floats for each sample of the batch
  int shared_batch = 0;      // at their end: those of shared values
  int least_samples = 1;     // of a batch that trains
  int derived = 0;           // floats computed by the prologue, when it runs apart from the rest
  int parameter_floats = 0;  // -1, and the plan is empty, if an int does not count them
};

/// A network as the list of its kernel calls, with a place for everything.
struct plan : plan_numbers {
  constexpr_list<step> steps;
  constexpr_list<value> values;
  constexpr_list<segment> segments;
  constexpr_list<program> programs{program{}};  // the first entry of each is that of a step without
  constexpr_list<contraction> windows{contraction{}};
  constexpr_list<copy_spec> boxes{copy_spec{}};
  constexpr_list<int> loads;  // what programs read; -1 where that is no value
  constexpr_list<parameter_place> places;
};

/// Floats of the memory in which one thread runs the plan for `samples` samples: the workspace, and
/// behind it what grows with a whole batch, for which room is a multiple of 16 samples.
template <class Plan>
constexpr std::ptrdiff_t memory_floats(Plan const& p, int samples) {
  return p.workspace + std::ptrdiff_t{p.batch} * round_up(samples, most_lanes);
}

/// What the indices of a step stand for, in its plan or a frozen one.
template <class Plan>
constexpr program const& code_of(Plan const& p, step const& s) {
  return p.programs[static_cast<std::size_t>(s.code)];
}
template <class Plan>
constexpr contraction const& window_of(Plan const& p, step const& s) {
  return p.windows[static_cast<std::size_t>(s.window)];
}
template <class Plan>
constexpr copy_spec const& box_of(Plan const& p, step const& s) {
  return p.boxes[static_cast<std::size_t>(s.box)];
}
/// Load k of the step's program: a value, or -1.
template <class Plan>
constexpr int load_of(Plan const& p, step const& s, int k) {
  return p.loads[static_cast<std::size_t>(s.loads + k)];
}

/// f(v) for each value that a step reads: as a reference, which f may change, if neither is const.
template <class Plan, class Step, class F>
constexpr void for_each_read(Plan& p, Step& s, F f) {
  for (auto& v : s.operands)
    if (v >= 0) f(v);
  for (int k = 0, n = code_of(p, s).loads; k < n; ++k)
    if (auto& v = p.loads[static_cast<std::size_t>(s.loads + k)]; v >= 0) f(v);
}

/// Whether the threads of a team wait for each other in the plan.
template <class Plan>
constexpr bool has_team(Plan const& p) {
  for (step const& s : p.steps)
    if (s.team || s.what == step_kind::all_reduce) return true;
  return false;
}

}  // namespace etch
