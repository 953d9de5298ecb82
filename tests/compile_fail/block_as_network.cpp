// error: etch: a network begins with its input, etch::input<28, 28, 1>
#include <etch/etch.hpp>

#include <etch/bench.hpp>

// A chain without an input is one error, whatever a program does with it.
constexpr auto net =
#ifdef TWIN
    etch::input<4> |
#endif
    etch::dense<3> | etch::relu | etch::dense<2>;

static_assert(etch::cost<net>.parameters > 10);  // here
static_assert(etch::cost<net>.workspace_bytes + etch::cost<net>.training_bytes<8> < 100'000);

void use(etch::dataset const& data, etch::batch<8> const& batch, std::array<float, 4> const& x) {
  etch::model<net> model{etch::seed{1}};
  etch::adam optimizer;
  etch::train_step<8>(model, optimizer, etch::mse, batch);
  etch::fit(model, optimizer, etch::mse, data, {.epochs = 2});
  etch::evaluate(model, etch::mse, data);
  etch::predict(model, data);
  etch::save(model, "net.safetensors");
  etch::load(model, "net.safetensors");
  etch::save_embedded(model, "net.etch");
  etch::set(model, "dense_1.bias", etch::get(model, "dense_1.bias"));
  etch::workspace<net> workspace;
  std::array<float, 2> y = model.forward(workspace, x);
  y = model.forward(x);
  etch::dispatch<net> const fast{model};
  fast.forward(x, y);
  etch::bench<net>();
  etch::summary<net>();
}
etch::embedded_model<net> embedded{etch::embedded_file{nullptr, nullptr}};
