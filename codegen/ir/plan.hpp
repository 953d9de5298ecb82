#pragma once

#include <array>

#include "parameter_places.hpp"
#include "steps.hpp"

namespace etch {

enum class value_id : int { none = -1 };

/// One kernel call. What is of any number lies in the plan's lists, once for all steps that share it,
/// for steps are copied often.
struct step {
  unsigned char kind = 0;  // of step_kinds
  bool batched = true;     // runs over the samples; otherwise once
  bool sums = false;       // adds the sum over the samples to its result,
  bool begins = false;     // of which it is the first part: what was there is overwritten
  bool team = false;       // threads split its weights, each for the samples of all
  loop_id loop = loop_id::none;  // it is computed for each step of this loop,
  int at_once = 0;               // or once for so many, all of them, which are samples to it
  layer_id layer{};        // which asked for it
  int place = 0;           // of what its kind has for itself, in the plan's kind_store
  int first_operand = 0, operand_count = 0;  // in plan::value_list: x, weights, ...
  int first_result = 0, result_count = 1;    // the same
  int code = 0;                              // of plan::programs
  int first_load = 0;                        // in plan::value_list: one for each of the program's
};

/// Which buffer a value lies in.
enum class space : unsigned char { input, output, parameters, gradients, derived, workspace };

struct value {
  tensor_shape shape;
  int size = 0;  // elements of one copy, padding included; a float and a token have four bytes
  bool batched = false;
  space where = space::workspace;
  int index = 0;   // which input or output
  int offset = 0;  // floats from the beginning of the buffer
  int stride = 0;  // floats from one sample to the next; 0 when all share one copy
  bool lanes = false;   // a block of samples, element by element, as kernels/lanes/lanes.hpp says
  bool grows = false;   // offset counts floats for each sample of the batch: see plan::whole_batch
  bool shared = false;  // a team's threads have it together: each thread's samples behind others,
                        // or, where it is not batched, each thread's copy
  element_type element = element_type::float32;  // int32: in inputs alone

  // Of what a loop computes step by step; floats are those of one sample, and stand as often as there
  // are samples.
  loop_id loop = loop_id::none;       // the loop that has one value a step
  int slots = 1;                      // as many copies as steps, or one more, lie behind each other
  int pace = 0;                       // floats from one step to the next; 0 when all share one copy
  value_id within = value_id::none;   // it lies in the memory of this value,
  int shift = 0;                      // so many floats behind its beginning
  bool alternates = false;            // of two slots, the steps use one and the other
};

/// At most so many samples lie in the lanes of a vector, and so many run through the steps of a loop
/// together.
inline constexpr int most_lanes = 16, lane_copies = 32;

/// Steps that run one after the other: each over all samples at once, or all of them as one loop,
/// sample by sample, so that what flows between them stays in the nearest cache. With `lanes`, samples
/// lie side by side in vectors: a loop takes as many at once as there are lanes, and sums over them
/// are flat.
struct segment {
  int first = 0, last = 0;
  bool loops = false;
  bool lanes = false;
};

/// Segments that run once for each step of a loop.
struct repetition {
  int first = 0, last = 0;  // segments
  loop_info loop{};
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
struct plan : plan_numbers, kind_store<step_kinds> {
  constexpr_list<step> steps;
  constexpr_list<value> values;
  constexpr_list<value_id> value_list;  // operands, results and loads of all steps
  constexpr_list<segment> segments;
  constexpr_list<repetition> repetitions;
  constexpr_list<loop_info> loops;  // by loop_id; for passes alone
  constexpr_list<program> programs{program{}};  // the first is that of a step without
  constexpr_list<parameter_place> places;
  constexpr_list<steps::row_stage> row_stages;  // of all row loops
};

/// Floats of the memory in which one thread runs the plan for `samples` samples: the workspace, and
/// behind it what grows with a whole batch, for which room is a multiple of 16 samples.
template <class Plan>
constexpr std::ptrdiff_t memory_floats(Plan const& p, int samples) {
  return p.workspace + std::ptrdiff_t{p.batch} * round_up(samples, most_lanes);
}

/// The value in whose memory v lies: mostly v.
template <class Plan>
constexpr value_id storage_of(Plan const& p, value_id v) {
  value_id const within = p.values[v].within;
  return within == value_id::none ? v : within;
}

/// The repetition that a segment is in, or nothing.
template <class Plan>
constexpr repetition const* repetition_of(Plan const& p, int segment) {
  for (repetition const& r : p.repetitions)
    if (r.first <= segment && segment < r.last) return &r;
  return nullptr;
}

// What a step has, in a plan or a frozen one.

template <class Kind>
constexpr bool is(step const& s) {
  return s.kind == step_kinds::number<Kind>;
}
template <class Kind, class Plan>
constexpr Kind const& get(Plan const& p, step const& s) {
  return p.template at<Kind>(s.place);
}
/// The same of a step of a plan that is no constant, and that may be of another kind: then nothing.
template <class Kind, class Plan>
constexpr Kind const* get_if(Plan const& p, step const& s) {
  return is<Kind>(s) ? &get<Kind>(p, s) : nullptr;
}
/// f(what it has for itself), as the kind that the step is of.
template <class Plan, class F>
constexpr void visit(Plan const& p, step const& s, F f) {
  p.visit(s.kind, s.place, f);
}
template <class Kind>
constexpr void set_kind(plan& p, step& s, Kind const& kind) {
  s.kind = step_kinds::number<Kind>;
  s.place = p.keep(kind);
}
template <class Plan>
constexpr std::string_view name_of(Plan const& p, step const& s) {
  std::string_view name;
  visit(p, s, [&]<class Kind>(Kind const&) { name = Kind::name; });
  return name;
}

template <class Plan>
constexpr auto operands_of(Plan& p, step const& s) {
  auto* const first = p.value_list.data() + s.first_operand;
  return list_view{first, first + s.operand_count};
}
template <class Plan>
constexpr auto results_of(Plan& p, step const& s) {
  auto* const first = p.value_list.data() + s.first_result;
  return list_view{first, first + s.result_count};
}
/// The first result: what the step is there for.
template <class Plan>
constexpr value_id result_of(Plan const& p, step const& s) {
  return p.value_list[s.first_result];
}
template <class Plan>
constexpr program const& code_of(Plan const& p, step const& s) {
  return p.programs[s.code];
}
/// What the step's program reads; none where that is no value.
template <class Plan>
constexpr auto loads_of(Plan& p, step const& s) {
  auto* const first = p.value_list.data() + s.first_load;
  return list_view{first, first + p.programs[s.code].loads};
}

/// The stages of a row loop, in their order.
template <class Plan>
constexpr list_view<steps::row_stage const> stages_of(Plan const& p, steps::row_loop const& loop) {
  steps::row_stage const* const first = p.row_stages.data() + loop.first_stage;
  return {first, first + loop.stage_count};
}

/// Whether the step multiplies matrices: a contraction that is neither pooled nor padded, or one of its
/// gradients.
constexpr bool is_product(step const& s) {
  return is<steps::contract>(s) || is<primitive::contract_dx>(s) || is<primitive::contract_dw>(s);
}

/// Whether the step multiplies: one of these, or a contraction with what is fused to it.
constexpr bool multiplies(step const& s) {
  return is_product(s) || is<steps::contract_and_pad>(s) || is<steps::contract_max_pool>(s);
}
/// The window of a step that multiplies. (By its kind: g++ -fsanitize=undefined takes no pointer into a
/// constant plan for a condition.)
template <class Plan>
constexpr contraction const& window_of(Plan const& p, step const& s) {
  if (is<steps::contract>(s)) return get<steps::contract>(p, s).window;
  if (is<steps::contract_and_pad>(s)) return get<steps::contract_and_pad>(p, s).window;
  if (is<steps::contract_max_pool>(s)) return get<steps::contract_max_pool>(p, s).window;
  if (is<primitive::contract_dx>(s)) return get<primitive::contract_dx>(p, s).window;
  return get<primitive::contract_dw>(p, s).window;
}

/// f(v) for each value that a step reads: as a reference, which f may change, if the plan is not const.
template <class Plan, class F>
constexpr void for_each_read(Plan& p, step const& s, F f) {
  for (auto& v : operands_of(p, s)) f(v);
  for (auto& v : loads_of(p, s))
    if (v != value_id::none) f(v);
}

/// Whether a step of a loop makes one value of all steps: their sum.
template <class Plan>
constexpr bool makes_one_of_all_steps(Plan const& p, step const& s) {
  return s.loop != loop_id::none && p.values[result_of(p, s)].loop == loop_id::none;
}

/// Whether the plan has a loop over the steps of something.
template <class Plan>
constexpr bool has_loops(Plan const& p) {
  for (step const& s : p.steps)
    if (s.loop != loop_id::none) return true;
  return false;
}

/// Whether the value is a gradient that consists of rows which are found by tokens: all else of it is
/// zero.
template <class Plan>
constexpr bool is_scattered(Plan const& p, value_id v) {
  if (p.values[v].where != space::gradients || p.values[v].loop != loop_id::none) return false;
  bool found = false;
  for (step const& s : p.steps)
    for (value_id y : results_of(p, s)) {
      if (y == v && !is<primitive::scatter_add>(s)) return false;
      found = found || y == v;
    }
  return found;
}

/// Whether the threads of a team wait for each other in the plan.
template <class Plan>
constexpr bool has_team(Plan const& p) {
  for (step const& s : p.steps)
    if (s.team || is<steps::all_reduce>(s)) return true;
  return false;
}

}  // namespace etch
