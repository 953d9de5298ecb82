// Where plans put their values: a checker that follows every read and write, written without a look
// at how the memory is assigned.

#include "catch.hpp"

#include <string>

#include "../../codegen/ir/frozen.hpp"
#include "../../codegen/lower/lower.hpp"
#include "../../codegen/report/print.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../check/probe.hpp"
#include "../random_graph.hpp"

namespace {

/// Runs a plan on memory that knows, for every float, whose it is: the value in whose memory it lies,
/// and the sample and the step of a loop for which it was written. Says what read something else than
/// it wanted, or reached outside its buffer.
class memory_checker {
 public:
  explicit memory_checker(etch::plan const& p)
      : plan_(p), workspace_(std::size_t(p.workspace)), derived_(std::size_t(p.derived)) {}

  std::string run(int samples) {
    std::fill(workspace_.begin(), workspace_.end(), tag{});
    capacity_ = etch::round_up(samples, 16);
    batch_.assign(std::size_t(plan_.batch * capacity_), tag{});
    samples_ = samples;
    int const segments = static_cast<int>(plan_.segments.size());
    for (int g = 0; g < segments && fault_.empty();) {
      etch::repetition const* r = etch::repetition_of(plan_, g);
      for (int k = 0; r && k < r->loop.steps; ++k) {
        step_ = r->loop.step(k);
        first_step_ = k == 0;
        for (int i = r->first; i < r->last; ++i) run_segment(i);
      }
      if (!r) run_segment(g);
      step_ = 0;
      first_step_ = true;
      g = r ? r->last : g + 1;
    }
    return fault_;
  }

 private:
  struct tag {
    int value = -1, sample = -1, step = -1;
    bool operator==(tag const&) const = default;
  };

  void run_segment(int g) {
    etch::segment const& part = plan_.segments[std::size_t(g)];
    int const n = g < plan_.prologue ? 1 : samples_;
    int const together = !part.loops ? n : part.lanes ? etch::lane_copies : 1;
    for (int s = 0; s < n; s += together)
      for (int i = part.first; i < part.last; ++i) {
        at_ = i;
        etch::step const& here = plan_.steps[std::size_t(i)];
        if (etch::is<etch::steps::row_loop>(here))  // all may have been written for other rows
          for_each_step(here, [&] { write(here, s, std::min(together, n - s)); });
        for_each_step(here, [&] { run_step(here, s, std::min(together, n - s)); });
      }
  }
  /// f() once, or for each step of a loop that is computed at once.
  template <class F>
  void for_each_step(etch::step const& s, F f) {
    if (s.at_once == 0) return f();
    for (int k = 0; k < s.at_once; ++k) {
      step_ = k;
      first_step_ = k == 0;
      f();
    }
    step_ = 0;
    first_step_ = true;
  }

  void run_step(etch::step const& s, int sample, int samples) {
    int const n = s.batched ? samples : 1;
    if (etch::is<etch::primitive::stack>(s)) {
      etch::value_id const from = operands_of(plan_, s)[0];
      int const steps = plan_.values[result_of(plan_, s)].size / plan_.values[from].size;
      for (step_ = 0; step_ < steps; ++step_) read(from, sample, n);
      step_ = 0;
    } else {
      for_each_read(plan_, s, [&](etch::value_id v) { read(v, sample, n); });
    }
    bool const over_steps = s.loop != etch::loop_id::none &&
                            plan_.values[result_of(plan_, s)].loop == etch::loop_id::none;
    if (s.sums && !(s.begins && sample == 0 && (first_step_ || !over_steps)))
      read(result_of(plan_, s), sample, 1);
    write(s, sample, samples);
  }
  void write(etch::step const& s, int sample, int samples) {
    int const n = s.batched ? samples : 1;
    for (etch::value_id v : results_of(plan_, s))
      each(v, sample, s.sums ? 1 : n, [&](tag& t, tag wanted) { t = wanted; });
  }
  void read(etch::value_id v, int sample, int n) {
    each(v, sample, n, [&](tag& t, tag wanted) {
      if (t == wanted || !fault_.empty()) return;
      fault_ = "step " + std::to_string(at_) + " reads value " + std::to_string(wanted.value) +
               " of sample " + std::to_string(wanted.sample) + ", step " +
               std::to_string(wanted.step) + ", where value " + std::to_string(t.value) +
               " of sample " + std::to_string(t.sample) + ", step " + std::to_string(t.step) + " lies";
    });
  }
  /// Calls f(what is known of a float, what it should be) for a value of the samples `sample` ...
  template <class F>
  void each(etch::value_id v, int sample, int n, F f) {
    etch::value const& x = plan_.values[v];
    if (x.where != etch::space::workspace && x.where != etch::space::derived) return;
    auto& buffer = x.grows                              ? batch_
                   : x.where == etch::space::workspace ? workspace_
                                                       : derived_;
    etch::value const& storage = plan_.values[storage_of(plan_, v)];
    int const behind = step_ * x.pace + x.shift;  // the beginning of what x lies in, for one sample
    int const from = x.alternates ? behind % (2 * x.size) : behind;
    int const offset =
        (x.grows ? x.offset * capacity_ : x.offset) + from * (x.batched ? samples_ : 1);
    for (int s = sample; s < sample + (x.batched ? n : 1); ++s)
      for (int i = 0; i < x.size; ++i) {
        int const first = s / etch::most_lanes * etch::most_lanes;  // of the block
        int const block = x.stride > 0 ? first * x.stride : first % etch::lane_copies * x.size;
        int const lane = x.lanes ? block + i * etch::most_lanes + s % etch::most_lanes
                                 : s * x.stride + i;
        std::size_t const at = std::size_t(offset + lane);
        if (at >= buffer.size()) {
          fault_ = "step " + std::to_string(at_) + " reaches outside its buffer";
          return;
        }
        int const slot = (behind + i) / storage.size;
        f(buffer[at], tag{static_cast<int>(storage_of(plan_, v)), x.batched ? s : 0,
                          storage.slots == 2 ? slot % 2 : slot});
      }
  }

  etch::plan const& plan_;
  std::vector<tag> workspace_, derived_, batch_;
  int capacity_ = 0;  // samples that batch_ has room for
  int samples_ = 1, step_ = 0;
  bool first_step_ = true;
  std::string fault_;
  int at_ = 0;
};

constexpr auto mnist_cnn = etch::input<28, 28, 1>
                         | etch::conv2d<32, 3> | etch::relu | etch::max_pool2d<2>
                         | etch::conv2d<64, 3> | etch::relu | etch::max_pool2d<2>
                         | etch::conv2d<64, 3> | etch::relu
                         | etch::flatten | etch::dense<64> | etch::relu | etch::dense<10>;

void check_memory(etch::plan const& p) {
  for (int samples : {p.samples, 1, p.whole_batch ? p.samples + 30 : 1}) {
    INFO(etch::to_text(p));
    CHECK(memory_checker(p).run(samples) == "");
  }
}

}  // namespace

// With as many loads as no network has, or a few.
template <int Loads>
struct made_up_plan {
  static constexpr etch::plan make() {
    etch::plan p =
        etch::lower(etch::graph_of(etch::input<4> | etch::dense<3> | etch::relu), 2, true);
    for (int i = 0; i < Loads; ++i) p.value_list.push_back(etch::value_id{i});
    return p;
  }
};

template <int Loads>
bool is_frozen_whole() {
  static constexpr auto frozen = etch::freeze<made_up_plan<Loads>>();
  etch::plan const p = made_up_plan<Loads>::make();
  bool same =
      std::equal(p.value_list.begin(), p.value_list.end(), frozen.value_list.begin(),
                 frozen.value_list.end()) &&
      std::equal(p.programs.begin(), p.programs.end(), frozen.programs.begin(),
                 frozen.programs.end()) &&
      std::equal(p.places.begin(), p.places.end(), frozen.places.begin(), frozen.places.end()) &&
      p.steps.size() == frozen.steps.size() && p.values.size() == frozen.values.size() &&
      p.workspace == frozen.workspace && p.samples == frozen.samples;
  for (std::size_t i = 0; same && i < p.steps.size(); ++i)
    same = p.steps[i].kind == frozen.steps[i].kind && p.steps[i].place == frozen.steps[i].place &&
           p.steps[i].first_result == frozen.steps[i].first_result;
  for (std::size_t i = 0; same && i < p.steps.size(); ++i)
    if (etch::is<etch::steps::contract>(p.steps[i]))
      same = etch::get<etch::steps::contract>(p, p.steps[i]) ==
             etch::get<etch::steps::contract>(frozen, frozen.steps[i]);
  return same;
}

TEST_CASE("no value is overwritten while it is needed") {
  for (std::uint32_t seed = 0; seed < 300; ++seed)
    for (int samples : {1, 3, 16}) {
      etch::graph const g =
          random_graphs::make(seed, {.expressions = 4 + static_cast<int>(seed % 20)});
      INFO("seed " << seed << ", " << samples << " samples");
      check_memory(etch::lower(g, samples, true));
      check_memory(etch::lower(check::probe_graph(g).graph, samples, false));
    }
  for (int samples : {1, 8, 64}) {
    check_memory(etch::lower(etch::graph_of(mnist_cnn), samples, true));
    constexpr auto narrow = etch::input<3> | etch::dense<8> | etch::tanh | etch::dense<2>;
    check_memory(etch::lower(etch::graph_of(narrow), samples, true));
    check_memory(etch::lower(etch::training_graph(narrow, etch::losses::mse{}), samples, true));
    check_memory(etch::lower(etch::training_graph(mnist_cnn, etch::cross_entropy), samples, false));
  }
}

TEST_CASE("the memory checker finds what overlaps") {
  etch::plan p = etch::lower(etch::graph_of(mnist_cnn), 8, true);
  REQUIRE(memory_checker(p).run(8) == "");
  for (etch::value& v : p.values) v.offset = 0;
  CHECK(memory_checker(p).run(8) != "");

  p = etch::lower(etch::training_graph(mnist_cnn, etch::cross_entropy), 8, false);
  p.workspace -= 1;
  CHECK(memory_checker(p).run(8).find("outside") != std::string::npos);
}

TEST_CASE("what runs row by row overwrites nothing that it reads for later rows") {
  constexpr auto normed = etch::input<40, 300> | etch::layer_norm | etch::softmax;
  constexpr auto few = etch::input<2, 70> | etch::softmax | etch::log_softmax | etch::layer_norm;
  for (int samples : {1, 2, 7}) {
    check_memory(etch::lower(etch::graph_of(normed), samples, true));
    check_memory(etch::lower(etch::graph_of(few), samples, true));
    check_memory(etch::lower(etch::training_graph(normed, etch::mse), samples, false));
    check_memory(etch::lower(etch::training_graph(few, etch::mse), samples, false));
  }
  // with a result where an operand lies that only earlier steps read
  constexpr auto between = etch::input<3> | etch::dense<50> | etch::softmax | etch::dense<2>;
  etch::plan p = etch::lower(etch::graph_of(between), 1, true);
  REQUIRE(memory_checker(p).run(1) == "");
  for (etch::step const& s : p.steps)
    if (etch::is<etch::steps::row_loop>(s))
      p.values[result_of(p, s)].offset = p.values[operands_of(p, s)[0]].offset;
  CHECK(memory_checker(p).run(1) != "");
}

TEST_CASE("values of the workspace begin on whole vectors and outputs hold every sample") {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    etch::graph const g = random_graphs::make(seed);
    etch::plan const p = etch::lower(g, 5, true);
    for (etch::value const& v : p.values) {
      if (v.where == etch::space::workspace || v.where == etch::space::derived)
        CHECK(v.offset % 16 == 0);
      if (v.where == etch::space::input || v.where == etch::space::output) {
        CHECK(v.offset == 0);
        CHECK(v.stride == v.size);
      }
    }
  }
}

TEST_CASE("a plan needs no more memory than its largest neighbours") {
  etch::plan const one = etch::lower(etch::graph_of(mnist_cnn), 1, true);
  // The largest pair that lives together: 13x13x32 beside 5x5x64.
  CHECK(one.workspace <= 13 * 13 * 32 + 5 * 5 * 64);
  CHECK(one.derived == 0);
  // What stays within the loop over the samples has one copy for all of them.
  etch::plan const many = etch::lower(etch::graph_of(mnist_cnn), 64, true);
  CHECK(many.workspace <= one.workspace + 64 * (3 * 3 * 64 + 64) + 3 * 3 * 64);
}

TEST_CASE("an element-wise step writes over an operand that dies") {
  constexpr auto net = etch::input<8, 32> | etch::dense<32> | etch::layer_norm | etch::tanh |
                       etch::flatten | etch::dense<4>;
  etch::plan const p = etch::lower(etch::graph_of(net), 1, true);
  bool in_place = false;
  for (etch::step const& s : p.steps) {
    if (!etch::is<etch::steps::map>(s)) continue;
    etch::value const& y = p.values[result_of(p, s)];
    for_each_read(p, s, [&](etch::value_id v) {
      etch::value const& x = p.values[v];
      in_place = in_place || (x.where == etch::space::workspace && y.where == x.where &&
                              x.offset == y.offset && x.size == 256 && y.size == 256);
    });
  }
  CHECK(in_place);
  CHECK(p.workspace <= 2 * 256 + 3 * 16);
}

TEST_CASE("a recycled float keeps each sample apart in a loop") {
  // One copy for all samples is only right where a value does not cross the border of its loop.
  etch::plan const p = etch::lower(etch::training_graph(mnist_cnn, etch::cross_entropy), 8, false);
  for (std::size_t v = 0; v < p.values.size(); ++v) {
    etch::value const& x = p.values[v];
    if (!x.batched || x.where != etch::space::workspace) continue;
    int first = -1, last = -1;
    for (std::size_t g = 0; g < p.segments.size(); ++g)
      for (int i = p.segments[g].first; i < p.segments[g].last; ++i) {
        bool here = false;
        auto const see = [&](etch::value_id seen) {
          here = here || static_cast<std::size_t>(seen) == v;
        };
        for_each_read(p, p.steps[i], see);
        for (etch::value_id made : results_of(p, p.steps[i])) see(made);
        if (!here) continue;
        if (first < 0) first = static_cast<int>(g);
        last = static_cast<int>(g);
      }
    if (first < 0) continue;
    bool const within = first == last && p.segments[std::size_t(first)].loops;
    CHECK((x.stride == 0) == within);
  }
}

TEST_CASE("a plan is the same as a constant, however large") {
  CHECK(is_frozen_whole<5>());
  CHECK(is_frozen_whole<30000>());
}

TEST_CASE("what an int cannot count is told, not computed with") {
  using namespace etch;
  constexpr auto wide = input<32768> | dense<32768> | relu | dense<32768>;  // 2^31 weights
  plan const heavy = lower(graph_of(wide), 1, true);
  CHECK(heavy.parameter_floats == -1);
  CHECK(heavy.steps.empty());

  constexpr auto image = input<1024, 1024, 1> | conv2d<64, 3, same> | flatten | dense<10>;
  CHECK(lower(graph_of(image), 16, true).workspace > 1 << 30);
  CHECK(lower(graph_of(image), 64, true).workspace == -1);
}
