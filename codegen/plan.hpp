#pragma once

#include <array>
#include <vector>

#include "passes/layout.hpp"
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
  pool_gradient,
  copy,
  pack,
  unpack,
  transpose,
  random,
  iota,
  batch_size,
  zero,
};

/// One kernel call. Operands and results are indices of `plan::values`.
struct step {
  step_kind what = step_kind::map;
  bool batched = true;  // runs over the samples; otherwise once
  bool sums = false;    // adds the sum over the samples to its result
  int result = -1;
  int layer = 0;
  std::array<int, 3> operands{-1, -1, -1};      // x, weights, ...
  std::array<int, program::max_loads> loads{};  // of the program; -1 where none is read
  program code;                                 // map, reduce, contract
  contraction window{};                         // contract*, pool*
  function fn = function::add;                  // pool, reduce
  int outer = 1, reduced = 1, inner = 1;        // reduce
  int pool_height = 1, pool_width = 1;          // contract_max_pool
  int index = 0;                                // random: the stream
  copy_spec box{};                              // copy

  constexpr int load(int i) const { return loads[static_cast<std::size_t>(i)]; }
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
};

/// Steps that run together: over all samples at once, or as one loop, sample by sample, so that
/// what flows between them stays in the nearest cache.
struct segment {
  int first = 0, last = 0;
  bool loops = false;
};

/// A network as the list of its kernel calls, with a place for everything.
struct plan {
  std::vector<step> steps;
  std::vector<value> values;
  std::vector<segment> segments;
  int prologue = 0;   // the first segments, which depend on the parameters alone
  int samples = 1;    // at most so many run at once
  int workspace = 0;  // floats
  int derived = 0;    // floats computed by the prologue, when it runs apart from the rest
  std::vector<parameter_place> places;
  int parameter_floats = 0;
};

}  // namespace etch
