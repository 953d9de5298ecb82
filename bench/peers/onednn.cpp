#include <dnnl.hpp>

#include <array>
#include <cstring>
#include <unordered_map>

#include "activate.hpp"

extern "C" void omp_set_num_threads(int);  // oneDNN's threads are OpenMP's

namespace benches::onednn {
namespace {

using dnnl::memory;
using tag = memory::format_tag;

dnnl::engine& cpu() {
  static dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  return engine;
}
dnnl::stream& queue() {
  static dnnl::stream stream{cpu()};
  return stream;
}

memory::desc plain(memory::dims const& dims, tag t) { return {dims, memory::data_type::f32, t}; }
memory::desc any(memory::dims const& dims) { return plain(dims, tag::any); }

memory of(memory::desc const& d, float const* data) { return {d, cpu(), const_cast<float*>(data)}; }

/// The numbers in another layout; a copy even where the layouts are the same.
memory reordered(memory::desc const& from, float const* data, memory::desc const& to) {
  memory source = of(from, data), result(to, cpu());
  dnnl::reorder(source, result).execute(queue(), source, result);
  queue().wait();
  return result;
}

dnnl::primitive_attr after(activation f) {
  dnnl::primitive_attr attributes;
  dnnl::post_ops ops;
  if (f == activation::relu) ops.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
  if (f == activation::tanh) ops.append_eltwise(1, dnnl::algorithm::eltwise_tanh, 0, 0);
  if (f == activation::sigmoid) ops.append_eltwise(1, dnnl::algorithm::eltwise_logistic, 0, 0);
  attributes.set_post_ops(ops);
  return attributes;
}

/// One primitive with its memory.
struct call {
  dnnl::primitive what;
  std::unordered_map<int, memory> arguments;
};

/// Calls one after the other; the first reads the input that rotates.
struct sequence {
  buffer_list x;
  std::vector<float_buffer> keep;
  std::vector<call> calls;
  int input_argument = DNNL_ARG_SRC;
  memory output;
  memory::desc plain_output;

  void run(int i) {
    calls.front().arguments[input_argument].set_data_handle(x[i].data());
    for (call& c : calls) c.what.execute(queue(), c.arguments);
    queue().wait();
  }
  std::vector<float> result() {
    std::vector<float> y(plain_output.get_size() / sizeof(float));
    memory to = of(plain_output, y.data());
    dnnl::reorder(output, to).execute(queue(), output, to);
    queue().wait();
    return y;
  }
};

job job_of(std::shared_ptr<sequence> s) {
  return make_job([s](int i) { s->run(i); }, [s] { return s->result(); });
}

/// y (batch, out) = f(x W^T + b), x as it is; appended to the sequence.
void add_dense(sequence& s, memory::desc const& from_desc, memory from,
               memory::dims const& weight_dims, tag weight_tag, float const* weights,
               float const* bias, int batch, int units, activation f) {
  auto const y_any = plain({batch, units}, tag::ab);
  dnnl::inner_product_forward::desc const description{dnnl::prop_kind::forward_inference, from_desc,
                                                      any(weight_dims), plain({units}, tag::a),
                                                      y_any};
  dnnl::inner_product_forward::primitive_desc const pd{description, after(f), cpu()};
  memory const y(pd.dst_desc(), cpu());
  s.calls.push_back(
      {dnnl::inner_product_forward(pd),
       {{DNNL_ARG_SRC, from},
        {DNNL_ARG_WEIGHTS, reordered(plain(weight_dims, weight_tag), weights, pd.weights_desc())},
        {DNNL_ARG_BIAS, reordered(plain({units}, tag::a), bias, pd.bias_desc())},
        {DNNL_ARG_DST, y}}});
  s.output = y;
  s.plain_output = y_any;
}

struct conv_shape {
  memory::dims x, w, y, strides, dilations, none{0, 0};
  tag w_tag;

  conv_shape(etch::contraction const& c, int batch)
      : x{batch, c.channels, c.height, c.width},
        y{batch, c.filters, c.out_height(), c.out_width()},
        strides{c.stride_height, c.stride_width},
        dilations{c.dilation_height - 1, c.dilation_width - 1} {
    if (c.groups == 1) {
      w = {c.filters, c.channels, c.kernel_height, c.kernel_width};
      w_tag = tag::ohwi;
    } else {
      w = {c.groups, c.group_filters(), c.group_channels(), c.kernel_height, c.kernel_width};
      w_tag = tag::gohwi;
    }
  }
};

dnnl::convolution_forward::primitive_desc conv_description(conv_shape const& n,
                                                           memory::desc const& x,
                                                           memory::desc const& y, activation f) {
  memory::dims const bias{n.y[1]};
  dnnl::convolution_forward::desc const d{dnnl::prop_kind::forward_inference,
                                          dnnl::algorithm::convolution_auto,
                                          x,
                                          any(n.w),
                                          plain(bias, tag::a),
                                          y,
                                          n.strides,
                                          n.dilations,
                                          n.none,
                                          n.none};
  return {d, after(f), cpu()};
}

/// A convolution with bias and relu, and a max pool behind it if there is one.
void add_conv(sequence& s, etch::contraction const& c, int pool, int batch,
              memory::desc const& x_desc, memory from, memory::desc const& y_desc,
              float const* weights, float const* bias) {
  conv_shape const n(c, batch);
  auto const pd = conv_description(n, x_desc, y_desc, activation::relu);
  memory y(pd.dst_desc(), cpu());
  s.calls.push_back(
      {dnnl::convolution_forward(pd),
       {{DNNL_ARG_SRC, from},
        {DNNL_ARG_WEIGHTS, reordered(plain(n.w, n.w_tag), weights, pd.weights_desc())},
        {DNNL_ARG_BIAS, of(pd.bias_desc(), bias)},
        {DNNL_ARG_DST, y}}});
  memory::dims out = n.y;
  if (pool > 1) {
    out[2] /= pool;
    out[3] /= pool;
    dnnl::pooling_forward::desc const d{dnnl::prop_kind::forward_inference,
                                        dnnl::algorithm::pooling_max,
                                        pd.dst_desc(),
                                        any(out),
                                        {pool, pool},
                                        {pool, pool},
                                        {0, 0},
                                        {0, 0}};
    dnnl::pooling_forward::primitive_desc const pool_pd{d, cpu()};
    memory const pooled(pool_pd.dst_desc(), cpu());
    s.calls.push_back(
        {dnnl::pooling_forward(pool_pd), {{DNNL_ARG_SRC, y}, {DNNL_ARG_DST, pooled}}});
    y = pooled;
  }
  s.output = y;
  s.plain_output = plain(out, tag::nhwc);
}

}  // namespace

void one_thread() { omp_set_num_threads(1); }

job gemm(gemm_size size, pass p, buffer_list const& a, float_buffer const& b) {
  auto const s = std::make_shared<sequence>();
  s->x = a;
  s->keep.push_back(b);
  memory::desc const x = plain({size.batch, size.in}, tag::ab),
                     y = plain({size.batch, size.out}, tag::ab);
  memory::dims const w_dims{size.out, size.in};
  dnnl::inner_product_forward::primitive_desc const forward{
      dnnl::inner_product_forward::desc{dnnl::prop_kind::forward_training, x, any(w_dims), y},
      cpu()};
  memory::desc const w = plain(w_dims, tag::ab);
  float const* const fixed = s->keep[0].data();
  if (p == pass::forward) {
    memory const out(y, cpu());
    s->calls.push_back({dnnl::inner_product_forward(forward),
                        {{DNNL_ARG_SRC, of(x, nullptr)},
                         {DNNL_ARG_WEIGHTS, reordered(w, fixed, forward.weights_desc())},
                         {DNNL_ARG_DST, out}}});
    s->output = out;
    s->plain_output = y;
  } else if (p == pass::dx) {
    dnnl::inner_product_backward_data::primitive_desc const pd{
        dnnl::inner_product_backward_data::desc{x, any(w_dims), y}, cpu(), forward};
    memory const out(x, cpu());
    s->calls.push_back({dnnl::inner_product_backward_data(pd),
                        {{DNNL_ARG_DIFF_DST, of(y, nullptr)},
                         {DNNL_ARG_WEIGHTS, reordered(w, fixed, pd.weights_desc())},
                         {DNNL_ARG_DIFF_SRC, out}}});
    s->input_argument = DNNL_ARG_DIFF_DST;
    s->output = out;
    s->plain_output = x;
  } else {
    dnnl::inner_product_backward_weights::primitive_desc const pd{
        dnnl::inner_product_backward_weights::desc{x, any(w_dims), y}, cpu(), forward};
    memory const out(pd.diff_weights_desc(), cpu());
    s->calls.push_back({dnnl::inner_product_backward_weights(pd),
                        {{DNNL_ARG_SRC, of(x, nullptr)},
                         {DNNL_ARG_DIFF_DST, of(y, fixed)},
                         {DNNL_ARG_DIFF_WEIGHTS, out}}});
    s->output = out;
    s->plain_output = w;
  }
  return job_of(s);
}

job dense_layers(mlp const& net, int batch, parameter_list const& parameters,
                 buffer_list const& x) {
  auto const s = std::make_shared<sequence>();
  s->x = x;
  memory::desc from = plain({batch, net.sizes[0]}, tag::ab);
  memory in = of(from, x[0].data());
  for (std::size_t l = 0; l + 1 < net.sizes.size(); ++l) {
    add_dense(*s, from, in, {net.sizes[l + 1], net.sizes[l]}, tag::ab, parameters[2 * l].data(),
              parameters[2 * l + 1].data(), batch, net.sizes[l + 1], net.activations[l]);
    in = s->output;
    from = in.get_desc();
  }
  return job_of(s);
}

job convolution(conv const& c, pass p, int batch, buffer_list const& a, float_buffer const& b,
                float_buffer const& bias) {
  auto const s = std::make_shared<sequence>();
  s->x = a;
  s->keep = {b, bias};
  float const* const fixed = s->keep[0].data();
  conv_shape const n(c.window, batch);
  memory::desc const x = plain(n.x, tag::nhwc), y = plain(n.y, tag::nhwc), w = plain(n.w, n.w_tag);
  if (p == pass::forward) {
    add_conv(*s, c.window, c.pool, batch, x, of(x, a[0].data()), y, fixed, s->keep[1].data());
    return job_of(s);
  }
  auto const forward = conv_description(n, x, y, activation::none);
  if (p == pass::dx) {
    dnnl::convolution_backward_data::primitive_desc const pd{
        dnnl::convolution_backward_data::desc{dnnl::algorithm::convolution_auto, x, any(n.w), y,
                                              n.strides, n.dilations, n.none, n.none},
        cpu(), forward};
    memory const out(x, cpu());
    s->calls.push_back({dnnl::convolution_backward_data(pd),
                        {{DNNL_ARG_DIFF_DST, of(y, a[0].data())},
                         {DNNL_ARG_WEIGHTS, reordered(w, fixed, pd.weights_desc())},
                         {DNNL_ARG_DIFF_SRC, out}}});
    s->input_argument = DNNL_ARG_DIFF_DST;
    s->output = out;
    s->plain_output = x;
  } else {
    dnnl::convolution_backward_weights::primitive_desc const pd{
        dnnl::convolution_backward_weights::desc{dnnl::algorithm::convolution_auto, x, any(n.w), y,
                                                 n.strides, n.dilations, n.none, n.none},
        cpu(), forward};
    memory const out(pd.diff_weights_desc(), cpu());
    s->calls.push_back({dnnl::convolution_backward_weights(pd),
                        {{DNNL_ARG_SRC, of(x, a[0].data())},
                         {DNNL_ARG_DIFF_DST, of(y, fixed)},
                         {DNNL_ARG_DIFF_WEIGHTS, out}}});
    s->output = out;
    s->plain_output = w;
  }
  return job_of(s);
}

job network(cnn const& net, int batch, parameter_list const& parameters, buffer_list const& x) {
  auto const s = std::make_shared<sequence>();
  s->x = x;
  for (auto const& p : parameters) {  // the convolutions read their biases from here
    s->keep.emplace_back(p.size());
    std::copy(p.begin(), p.end(), s->keep.back().data());
  }
  etch::contraction c{.height = net.height, .width = net.width, .channels = net.channels};
  memory::desc from = plain({batch, net.channels, net.height, net.width}, tag::nhwc);
  memory in = of(from, x[0].data());
  std::size_t at = 0;
  for (auto const& stage : net.stages) {
    c.kernel_height = c.kernel_width = stage.kernel;
    c.filters = stage.filters;
    add_conv(*s, c, stage.pool, batch, from, in, any(conv_shape(c, batch).y), s->keep[at].data(),
             s->keep[at + 1].data());
    at += 2;
    in = s->output;
    from = in.get_desc();
    c = {.height = c.out_height() / stage.pool,
         .width = c.out_width() / stage.pool,
         .channels = stage.filters};
  }
  for (std::size_t l = 0; l < net.units.size(); ++l, at += 2) {
    // the first reads the image as it lies, with weights (units, height, width, channels)
    memory::dims const first{net.units[l], c.channels, c.height, c.width};
    memory::dims const later{net.units[l], l > 0 ? net.units[l - 1] : 0};
    add_dense(*s, from, in, l == 0 ? first : later, l == 0 ? tag::ohwi : tag::ab,
              s->keep[at].data(), s->keep[at + 1].data(), batch, net.units[l],
              l + 1 < net.units.size() ? activation::relu : activation::none);
    in = s->output;
    from = in.get_desc();
  }
  return job_of(s);
}

}  // namespace benches::onednn
