// Copies that change the order of axes, beside std::memcpy of as many floats.
#include <cstring>

#include "../../codegen/kernels/move/copy.hpp"
#include "../../codegen/passes/moved_place.hpp"
#include "../../dsl/primitives/move.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

using etch::copy_spec;
using etch::tensor_shape;

/// The copy of a permute, as the pass that fuses makes it.
constexpr copy_spec permuted(tensor_shape const& shape, etch::primitive::permute const& p) {
  etch::graph g;
  etch::tensor const x{&g, g.add(etch::primitive::input{}, {shape, true})};
  etch::tensor const y = etch::detail::permuted(x, p);
  return {.axes = shape.rank,
          .extent = y.shape().extent,
          .from = etch::passes::detail::moved_place(g, y.id, etch::place_in(shape)),
          .to = etch::place_in(y.shape())};
}

template <copy_spec S>
void add_copy(std::string const& name) {
  struct tensors {
    buffer_list x = inputs(std::size_t{S.from.size});
    float_buffer y{std::size_t{S.to.size}};
  };
  auto const all = std::make_shared<tensors>();
  task t{"copy/" + name};
  t.work.read = t.work.written = 4.0 * S.to.size;
  t.footprint = t.work.written * (1 + all->x.size());
  t.expected = [all] {
    std::vector<float> y(S.to.size);
    int count = 1;
    for (std::size_t axis = 0; axis < std::size_t{S.axes}; ++axis) count *= S.extent[axis];
    for (int i = 0; i < count; ++i) {
      int from = S.from.offset, to = S.to.offset, rest = i;
      for (std::size_t axis = S.axes; axis-- > 0; rest /= S.extent[axis]) {
        from += rest % S.extent[axis] * S.from.stride[axis];
        to += rest % S.extent[axis] * S.to.stride[axis];
      }
      y[static_cast<std::size_t>(to)] = all->x[0].data()[from];
    }
    return y;
  };
  add_row(t, "etch", [all] {
    return make_job(
        [all](int i) { etch::kernels::copy_box<native, S>(all->x[i].data(), all->y.data(), 1); },
        [all] { return copy_of(all->y); });
  });
}

template <int Size>
void add_memcpy() {
  auto const x = std::make_shared<buffer_list>(inputs(std::size_t{Size}));
  task t{"copy/memcpy_" + std::to_string(Size)};
  t.work.read = t.work.written = 4.0 * Size;
  t.footprint = t.work.written * (1 + x->size());
  t.expected = [x] { return copy_of((*x)[0]); };
  add_row(t, "memcpy", [x] {
    auto const y = std::make_shared<float_buffer>(std::size_t{Size});
    return make_job([x, y](int i) { std::memcpy(y->data(), (*x)[i].data(), 4 * Size); },
                    [y] { return copy_of(*y); });
  });
}

}  // namespace

void add_copy_rows() {
  add_memcpy<64 * 64>();
  add_copy<permuted({64, 64}, {{1, 0}})>("transpose_64x64");
  add_copy<permuted({64, 64}, {{0, 1}, {0, 1}})>("flip_64x64");
  add_memcpy<28 * 28 * 32>();
  add_copy<permuted({28, 28, 32}, {{2, 0, 1}})>("nhwc_to_nchw_28x28x32");
  add_copy<permuted({32, 28, 28}, {{1, 2, 0}})>("nchw_to_nhwc_28x28x32");
  add_memcpy<96 * 96 * 3>();
  add_copy<permuted({96, 96, 3}, {{2, 0, 1}})>("nhwc_to_nchw_96x96x3");
  add_copy<permuted({3, 96, 96}, {{1, 2, 0}})>("nchw_to_nhwc_96x96x3");
}

}  // namespace benches
