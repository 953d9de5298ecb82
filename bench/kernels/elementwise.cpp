// Element-wise functions over 1024 values, as layers and as the primitive.
#include <cmath>

#include "../../etch.hpp"
#include "../harness/network.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

template <auto Layer>
void add(std::string const& name) {
  constexpr auto net = etch::input<1024> | Layer;
  add_forward_rows<net, 1>("elementwise/" + name + "_1024/forward/batch:1");
}

/// exp is no layer: the kernel alone.
void add_exp() {
  static constexpr etch::map_spec spec = [] {
    etch::map_spec s;
    s.elements = 1024;
    s.code.loads = s.code.instructions = 1;
    s.code.load_list[0] = {.batched = true, .period = 1024};
    s.code.code[0] = {.fn = etch::function::exp};
    return s;
  }();
  auto const x = std::make_shared<buffer_list>(inputs(1024));
  task t{"elementwise/exp_1024/forward/batch:1", {.read = 4096, .written = 4096}};
  t.work.function_seconds =
      1024 / native::width * etch::measure::function_time<native, etch::function::exp>();
  t.expected = [x] {
    std::vector<float> y;
    for (double v : doubles((*x)[0])) y.push_back(static_cast<float>(std::exp(v)));
    return y;
  };
  add_row(t, "etch", [x] {
    auto const y = std::make_shared<float_buffer>(1024);
    return make_job(
        [x, y](int i) {
          float const* const operands[]{(*x)[i].data()};
          etch::kernels::map<native, spec>(y->data(), operands, 1);
        },
        [y] { return copy_of(*y); });
  });
}

}  // namespace

void add_elementwise_rows() {
  add<etch::relu>("relu");
  add<etch::tanh>("tanh");
  add<etch::sigmoid>("sigmoid");
  add_exp();
  add<etch::gelu>("gelu");
  add<etch::gelu_tanh>("gelu_tanh");
  add<etch::silu>("silu");
}

}  // namespace benches
