#pragma once

#include <array>
#include <string_view>

#include "../../dsl/primitives.hpp"
#include "copy_spec.hpp"
#include "program.hpp"

/// The kinds of steps, the kernel calls that a plan is made of. Each is a struct of what a step of its
/// kind has beside its operands, results and program. Steps that do what a primitive says, alone, are of
/// the primitive's own kind. How a step runs stands with its kernel, in a folder of codegen/kernels/:
/// on vectors in step.hpp, vector_kernel<Kind>, and in scalar code in scalar.hpp, scalar_kernel<Kind>.
namespace etch {
namespace steps {

/// y = program.
struct map {
  static constexpr std::string_view name = "map";
  constexpr bool operator==(map const&) const = default;
};

/// y = program, written into an image with a border too. Results: (the image with the border), or
/// (y, the image with the border).
struct map_and_pad {
  static constexpr std::string_view name = "map_and_pad";
  bordered_image image;
  constexpr bool operator==(map_and_pad const&) const = default;
};

/// y[o, i] = fn over r of program at (o, r, i); a step that sums adds that of all samples to y.
struct reduce {
  static constexpr std::string_view name = "reduce";
  function fn = function::add;
  int outer = 1, reduced = 1, inner = 1;
  constexpr bool operator==(reduce const&) const = default;
};

/// Maps and reductions of the same rows, each row through all of them: loop fusion. Operands: what is
/// read of memory; results: what is stored.
struct row_loop {
  static constexpr std::string_view name = "row_loop";
  int rows = 1, length = 1;
  int first_stage = 0, stage_count = 0;  // in plan::row_stages
  constexpr bool operator==(row_loop const&) const = default;
};

/// One of these maps and reductions.
struct row_stage {
  /// Where a load of the program comes from: an operand of the step, or what an earlier stage has made
  /// of the row; nowhere for a constant.
  struct source {
    enum class kind : unsigned char { nowhere, operand, stage } from = kind::nowhere;
    unsigned char number = 0;
    constexpr bool operator==(source const&) const = default;
  };
  int code = 0;  // of plan::programs
  function fn = function::add;
  bool reduces = false;  // fn of the row; else a program of each element,
  bool wide = false;     // or, if it is not wide, one of each row
  bool kept = false;     // a later stage reads it
  bool stored = false;   // it is the next result of the step
  std::array<source, program::max_loads> loads{};
  constexpr bool operator==(row_stage const&) const = default;
};

/// (x, weights): y = program of the contraction.
struct contract {
  static constexpr std::string_view name = "contract";
  contraction window;
  constexpr bool operator==(contract const&) const = default;
};

/// The same, written into an image with a border too; results as those of map_and_pad.
struct contract_and_pad {
  static constexpr std::string_view name = "contract_and_pad";
  contraction window;
  bordered_image image;
  constexpr bool operator==(contract_and_pad const&) const = default;
};

/// (x, weights): y = the max pooling of the program of the contraction. Results: (y), or
/// (y, the pool_index).
struct contract_max_pool {
  static constexpr std::string_view name = "contract_max_pool";
  contraction window;
  pool_window pooled;
  constexpr bool operator==(contract_max_pool const&) const = default;
};

/// (x): elements of it, at other places in y, each through the program, if there is one.
struct copy {
  static constexpr std::string_view name = "copy";
  copy_spec moves;
  constexpr bool operator==(copy const&) const = default;
};

/// (what this thread has): the sum of what all threads of a team have.
struct all_reduce {
  static constexpr std::string_view name = "all_reduce";
  constexpr bool operator==(all_reduce const&) const = default;
};

}  // namespace steps

/// A pooling has a program too, which it runs on what it has summed or compared.
using step_kinds =
    kernel_primitives::with<steps::map, steps::map_and_pad, steps::reduce, steps::row_loop,
                            steps::contract, steps::contract_and_pad, steps::contract_max_pool,
                            steps::copy, steps::all_reduce>;

/// How a step of a kind runs, on vectors, and what that takes of the stack.
template <class Kind>
struct vector_kernel;
/// How it runs in scalar code.
template <class Kind>
struct scalar_kernel;

}  // namespace etch
