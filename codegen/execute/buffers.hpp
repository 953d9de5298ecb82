#pragma once

#include <cstddef>

#include "../ir/counter_random.hpp"
#include "../kernels/share.hpp"

namespace etch {

/// The place of one thread in a team whose threads run a plan together, each for some of the
/// samples. What the team shares has room for the samples of all.
struct team_place {
  share mine;
  int first = 0;    // this thread's first sample, of those of the team
  int samples = 0;  // of the team
  float* workspace = nullptr;             // the values that are shared
  float* batch = nullptr;                 // those of them that grow with the batch
  std::ptrdiff_t capacity = 0;            // samples that there is room for in `batch`
  float* gradients = nullptr;             // of what the team computes together
  void (*wait_for_all)(void*) = nullptr;  // returns when every thread has called it
  void* team = nullptr;                   // its argument
};

/// The memory that a plan runs in. Parameters, gradients, derived and workspace are aligned to 64
/// bytes; inputs and outputs need not be.
struct buffers {
  float const* const* inputs = nullptr;  // those of tokens point to std::int32_t
  float* const* outputs = nullptr;
  float const* parameters = nullptr;
  float* gradients = nullptr;
  float* derived = nullptr;
  float* workspace = nullptr;
  float* batch = nullptr;       // of a plan that takes a whole batch: what grows with it,
  std::ptrdiff_t capacity = 0;  // with room for so many samples, a multiple of 16
  random_key random{};
  team_place team{};  // a plan that takes a whole batch wants team.samples even of one thread
  int loop_step = 0;        // the step of the loop that is running,
  bool first_step = true;   // whether it is the one that the loop begins with,
  int loop_samples = 1;     // and how many samples a plan with loops is run for
  bool adds = false;  // to the gradients, which earlier samples have left; otherwise they begin
  bool tables_are_zero = false;  // gradients that are scattered: then they need not begin
  bool forward_only = false;  // to stop behind last_of_outputs
};

}  // namespace etch
