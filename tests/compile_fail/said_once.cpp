// error: etch::layer_number<2>, etch::declared_as<etch::layers::dense<10>>
// error: etch::expects<etch::vector>, etch::given<etch::extents<8, 8, 4>>
// error: takes a vector \(features\); insert etch::flatten before it
#include <etch/etch.hpp>

// The error of a network is the only one, whatever a program does with it.
constexpr auto net = etch::input<8, 8, 1> | etch::conv2d<4, 3, etch::same>
#ifdef TWIN
                   | etch::flatten
#else
                   | etch::dense<10>  // here
#endif
                   | etch::residual(etch::dense<256> | etch::relu)
                   | etch::tap<"deep"> | etch::parallel<etch::concat>(etch::relu, etch::tanh)
                   | etch::from<"deep"> | etch::dense<4>;

static_assert(net.input_shape() == etch::shape<8, 8, 1>);
static_assert(net.output_shape() == etch::shape<4> && etch::shape<4> == net.output_shape());
static_assert(net.output_shape().rank == 1 && net.output_count() == 1);
static_assert(etch::cost<net>.parameters == 66'860);
static_assert(etch::cost<net>.multiply_adds < 70'000);
static_assert(etch::cost<net>.workspace_bytes <= 64 * 1024);

void train(etch::dataset const& data, etch::random_engine& rng) {
  etch::model<net> model{etch::seed{1}};
  etch::adam optimizer;
  for (auto const& batch : etch::batches<8>(data, rng))
    etch::train_step<8>(model, optimizer, etch::cross_entropy, batch);
  etch::fit<8>(model, optimizer, etch::cross_entropy, data);
  etch::evaluate<8>(model, etch::cross_entropy, data);
  etch::save(model, "net.safetensors");
  etch::load(model, "net.safetensors");
}

constexpr unsigned char file[1 << 20]{};
constexpr etch::known_file<1, sizeof file> weights{file, true};
#ifndef TWIN
constinit etch::embedded_model<net> const known{weights};
#endif

float use(etch::embedded_model<net> const& model, std::array<float, 64> const& x) {
  std::array<float, 4> y = model.forward(x);
  etch::workspace<net> workspace;
  model.forward(workspace, x, y);
  return y[3];
}
