#pragma once

/// All that passes and the choice of kernels know of the processor. Sizes are in floats unless a
/// name says otherwise; the figures are of the cores that etch was measured on (x86-64 servers with
/// 32 to 48 KB of first-level and 1 to 2 MB of second-level cache).
namespace etch {

/// An instruction set and the core that runs it, as the choosers of kernels and tiles see them.
/// `machine_of<Arch>` (simd/machine_of.hpp) is that of a tag.
struct machine {
  int width = 16;              // floats of a vector
  int registers = 32;          // vectors that registers hold
  bool deterministic = false;  // a sum has one order, the same on every instruction set
  int fma_ports = 2;           // multiply-adds that begin in a cycle
  int fma_latency = 4;         // cycles until the result of one can be added to
  int load_ports = 2;          // loads that begin in a cycle
  int line_cycles = 3;         // cycles from one line to the next, of the second-level cache
  int line = 16;               // floats of a line
  int first_level = 8192;      // floats that the first-level cache holds for certain

  /// The set whose vectors are half as wide, on the same processor; the narrowest is its own half.
  constexpr machine half() const {
    machine m = *this;
    if (width > 4) m.width = width / 2, m.registers = 16;
    return m;
  }
  /// The set whose vectors a panel of that many filters fills.
  constexpr machine for_panel(int panel) const {
    machine m = *this;
    while (m.width > panel) m = m.half();
    return m;
  }
  /// Registers for a choice that decides the order of a sum.
  constexpr int registers_for_sums() const { return deterministic ? 16 : registers; }

  constexpr bool operator==(machine const&) const = default;
};

// What does not depend on the instruction set.

/// The second-level cache: weights that are read anew for each output stay in it up to this size,
/// and a transposed copy is worth writing up to this size.
inline constexpr int second_level_floats = 1 << 18;

/// What one training step keeps for all samples of a group stays near the second-level cache up to
/// this size.
inline constexpr long long near_second_level_bytes = 5 << 20;

/// Weights of one strip of filters that stay in the first-level cache from tile to tile: a quarter
/// more than 32 KB, for the core that this was measured on has 48.
inline constexpr int kept_weights = 10240;

/// What a kernel copies or lists on the stack, so that it leaves half of the first-level cache to
/// what it reads: operands that are repeated, and pairs of a gradient and its place.
inline constexpr int repeated_floats = 4096;
inline constexpr int listed_gradients = 2048;

/// Parameters that an optimizer updates at once: gradient, parameters and two moments stay in the
/// second-level cache, and the gradients of threads in the first-level one.
inline constexpr int update_block = 4096;

/// A value of more floats a sample is large: written by one loop over all samples and read by the
/// next, it would leave the first-level cache between them.
inline constexpr int large_value = 1024;

/// Steps of a reduction that a matrix product takes at once, so that what all strips of filters
/// read of the inputs (64 rows) stays in the second-level cache.
inline constexpr int reduction_block = 1024;

/// Multiply-adds of a single row below which a call costs a good part of them.
inline constexpr int inlined_weights = 1024;

/// Steps of a plan up to which what a single row takes may be code of each step's own. The code of
/// many steps would not stay in the nearest cache, and compilers take far longer for a function of
/// all of it.
inline constexpr int inlining_steps = 32;
/// Steps of a plan from which on each is a function of its own, whatever the compiler thinks: one
/// function of all of them takes it twice as long.
inline constexpr int long_plan_steps = 128;

/// Weights from which on the threads of a team split a matrix product, rather than its samples: to
/// add up their gradients would take longer than to compute them.
inline constexpr int team_weights = 1 << 16;

/// Elements from which on a map repays the bookkeeping of writing line by line into a frame.
inline constexpr int framed_elements = 512;

/// Reductions whose rows are done one by one with what is around them: few rows (4) of so few
/// floats that each step would wait for the one before; or more floats than the first-level cache
/// holds, in rows long enough to fill vectors and short enough to stay in that cache.
inline constexpr int few_row_floats = 256;
inline constexpr int many_row_floats = 8192;
inline constexpr int shortest_row = 256, longest_row = 1024;

/// Steps of the reduction for which a matrix product of activations packs its second matrix at once:
/// four panels of 16 floats for so many are 32 KB.
inline constexpr int packed_block = 128;

/// Samples in lanes that the gradient of weights sums over at once, so that the copies of what it reads
/// stay in the first-level cache.
inline constexpr int gradient_samples = 128;

/// Positions that the gradient of weights sums over at once, so that what several tiles read stays
/// in the first-level cache meanwhile: rows of a matrix product (of vectors of 16 floats, of
/// others, and of copied ones, which lie side by side), positions of a convolution (of one whose
/// weights fit one tile, and of others), and the inputs and outputs of these.
inline constexpr int gradient_rows_wide = 128, gradient_rows = 100, gradient_rows_copied = 256;
inline constexpr int gradient_positions_once = 1024, gradient_positions = 150;
inline constexpr int gradient_floats = 20000;

}  // namespace etch
