// Parameters that training leaves as they are: declared by etch::frozen, or frozen while a program runs.

#include "catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "../../codegen/report/print.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"
#include "../../runtime/data/batches.hpp"
#include "../../runtime/error.hpp"
#include "../../runtime/files/safetensors.hpp"
#include "../../runtime/infer/save.hpp"
#include "../../runtime/train/optimizers/adam.hpp"
#include "../../runtime/train/optimizers/sgd.hpp"
#include "../../runtime/train/train_step.hpp"
#include "scratch_folder.hpp"

namespace {

using namespace etch;

constexpr auto body = conv2d<3, 3> | batch_norm | relu | flatten | dropout<0.5>;
constexpr auto head = dense<5> | etch::tanh | dense<2>;
constexpr auto net = input<5, 4, 2> | body | head;
constexpr auto fixed_body = input<5, 4, 2> | frozen(body) | head;

struct samples {
  static constexpr int count = 9;
  std::vector<float> x, t;

  samples() {
    random_engine rng{3};
    for (int i = 0; i < count * 40; ++i) x.push_back(rng.uniform() - 0.5f);
    for (int i = 0; i < count * 2; ++i) t.push_back(rng.uniform());
  }
  int size() const { return count; }
  std::span<float const> features() const { return x; }
  std::span<float const> targets() const { return t; }
};

/// The parameters of which three steps change a bit.
template <auto Net, class Optimizer>
std::vector<std::string> changed(model<Net>& m, Optimizer& optimizer, thread_team* team = nullptr) {
  model<Net> const before = m;
  samples const batch;
  for (int i = 0; i < 3; ++i) train_step<4>(m, optimizer, mse, batch, team);
  std::vector<std::string> names;
  for (parameter_info const& info : parameters<Net>())
    if (get(m, info.name.view()) != get(before, info.name.view())) names.emplace_back(info.name.view());
  return names;
}

std::vector<std::string> const of_head{"dense_1.weight", "dense_1.bias", "dense_2.weight",
                                       "dense_2.bias"};

template <class Kind>
int count(plan const& p) {
  return static_cast<int>(
      std::count_if(p.steps.begin(), p.steps.end(), [](step const& s) { return is<Kind>(s); }));
}

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (error const& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("frozen: no step computes a gradient in the block or before it") {
  plan const p = lower(training_graph(fixed_body, mse), 4, true);
  INFO(to_text(p));
  CHECK(count<primitive::contract_dw>(p) == 2);
  CHECK(count<primitive::contract_dx>(p) == 1);  // of dense_2 for dense_1
  CHECK(count<primitive::random>(p) == 0);
  for (step const& s : p.steps) CHECK((!p.whole_batch && (s.layer > layer_id{6} || !s.sums)));
}

TEST_CASE("frozen: a block behind layers that are trained lets their gradient through") {
  constexpr auto inside = input<6> | dense<4> | etch::tanh | frozen(dense<3> | etch::tanh) | dense<2>;
  plan const p = lower(training_graph(inside, mse), 4, true);
  INFO(to_text(p));
  CHECK(count<primitive::contract_dw>(p) == 2);
}

TEST_CASE("frozen: what is trained is trained as if the block were at inference") {
  model<fixed_body> m{seed{4}};
  CHECK(have_the_same_weights<net, fixed_body>);
  CHECK(facts<fixed_body>::fingerprint == facts<net>::fingerprint);
  sgd optimizer{{.learning_rate = 0.125f}};
  thread_team team{2};
  CHECK(changed(m, optimizer) == of_head);
  CHECK(changed(m, optimizer, &team) == of_head);

  // the same head, trained on what the block gives at inference
  constexpr auto features = input<5, 4, 2> | body;
  constexpr auto alone = input<18> | head;
  model<fixed_body> whole{seed{4}};
  model<features> before;
  model<alone> rest;
  auto const copy = [](auto const& from, auto& to) {
    for (parameter_info const& info : parameters<std::remove_cvref_t<decltype(to)>::network>())
      set(to, info.name.view(), get(from, info.name.view()));
  };
  copy(whole, before), copy(whole, rest);
  samples batch;
  sgd one{{.learning_rate = 0.125f}}, other{{.learning_rate = 0.125f}};
  double const loss = train_step<4>(whole, one, mse, batch).loss;
  std::vector<float> between(samples::count * 18);
  std::vector<workspace<features, 64>> w(1);
  before.forward_batch(w[0], batch.features(), between);
  batch.x = between;
  CHECK(train_step<4>(rest, other, mse, batch).loss == Approx(loss));
  for (std::string const& name : of_head) {
    std::vector<float> const a = get(whole, name), b = get(rest, name);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).margin(1e-6));
  }
}

TEST_CASE("freeze: parameters, their momentum and batch statistics stay exactly as they are") {
  model<net> m{seed{5}};
  sgd optimizer{{.learning_rate = 0.125f, .momentum = 0.5f, .weight_decay = 0.01f}};
  CHECK(changed(m, optimizer).size() == parameters<net>().size());
  m.freeze("conv2d_1");
  m.freeze("batch_norm_*");
  CHECK(changed(m, optimizer) == of_head);
  m.freeze("dense_*.weight");
  thread_team team{2};
  CHECK(changed(m, optimizer, &team) == std::vector<std::string>{"dense_1.bias", "dense_2.bias"});
  m.freeze("*");
  CHECK(changed(m, optimizer).empty());
  m.unfreeze("dense_1.weight");
  CHECK(changed(m, optimizer) == std::vector<std::string>{"dense_1.weight"});
  m.unfreeze("*");
  CHECK(changed(m, optimizer).size() == parameters<net>().size());
}

TEST_CASE("freeze: what is trained gets the same bits as if nothing were frozen") {
  model<net> all{seed{6}}, some{seed{6}};
  samples const batch;
  adam for_all, for_some;
  some.freeze("dense_1");
  train_step<4>(all, for_all, mse, batch);
  train_step<4>(some, for_some, mse, batch);
  for (parameter_info const& info : parameters<net>()) {
    bool const is_equal = get(all, info.name.view()) == get(some, info.name.view());
    CHECK(is_equal == !info.name.view().starts_with("dense_1."));
  }
}

TEST_CASE("freeze: the momentum of what is frozen waits") {
  constexpr auto one = input<1> | dense<1, no_bias>;
  model<one> m;
  set(m, "dense_1.weight", std::vector<float>{1});
  sgd optimizer{{.learning_rate = 0.5f, .momentum = 0.5f}};
  auto const weight_behind_a_step = [&](float x) {  // whose gradient is 2 x (x w - 0)
    std::vector<float> const features{x}, target{0};
    train_step<1>(m, optimizer, mse, batch<0>{1, features, target});
    return get(m, "dense_1.weight")[0];
  };
  CHECK(weight_behind_a_step(0.5f) == Approx(0.75));  // velocity 0.5
  m.freeze("dense_1");
  CHECK(weight_behind_a_step(100) == Approx(0.75));
  m.unfreeze("dense_1");
  CHECK(weight_behind_a_step(0) == Approx(0.75 - 0.5 * 0.25));  // half of it is left
}

TEST_CASE("freeze: a copy of the model has it, and one of a longer network") {
  model<net> m{seed{7}};
  m.freeze("dense_2.bias");
  model<net> copy = m;
  constexpr auto served = net | softmax;
  model<served> longer{m};
  adam a, b;
  CHECK(changed(copy, a).size() == parameters<net>().size() - 1);
  CHECK(changed(longer, b).size() == parameters<net>().size() - 1);
}

TEST_CASE("freeze: a name that nothing has is an error with those that are most like it") {
  model<net> m;
  CHECK(error_of([&] { m.freeze("conv2d_2"); }) ==
        "freeze: the network has no layer or parameter 'conv2d_2'; the nearest names are: conv2d_1, "
        "dense_2, conv2d_1.bias");
  CHECK(error_of([&] { m.unfreeze("dense_1.wieght"); }).find("nearest names are: dense_1.weight") !=
        std::string::npos);
  CHECK(error_of([&] { m.freeze(""); }) != "none");
  CHECK(error_of([&] { m.freeze("dense"); }) != "none");

  model<fixed_body> declared;
  CHECK(error_of([&] { declared.unfreeze("conv2d_1"); }) ==
        "unfreeze: 'conv2d_1' is declared frozen, by etch::frozen; its gradient is not computed");
  declared.freeze("*");
  declared.unfreeze("*");  // what can be
  adam optimizer;
  CHECK(changed(declared, optimizer) == of_head);
}

TEST_CASE("freeze: files and summaries name what is frozen") {
  scratch_folder const folder;
  model<net> m{seed{8}};
  CHECK(summary(m) == summary<net>());
  save(m, folder / "none");
  m.freeze("dense_1");
  CHECK(summary(m) == summary<net>() + "     frozen: dense_1.weight, dense_1.bias\n");
  save(m, folder / "some");
  safetensors_metadata metadata;
  read_safetensors(folder / "some", &metadata);
  CHECK(metadata["etch.frozen"] == "dense_1.weight dense_1.bias");

  model<net> other;
  other.freeze("dense_2.bias");
  load(other, folder / "none");
  CHECK(summary(other) == summary<net>() + "     frozen: dense_2.bias\n");
  load(other, folder / "some");
  CHECK(summary(other) == summary<net>() + "     frozen: dense_1.weight, dense_1.bias, dense_2.bias\n");

  model<fixed_body> declared;  // says itself what it has frozen
  save(declared, folder / "declared");
  model<net> free;
  load(free, folder / "declared");
  CHECK(summary(free) == summary<net>());
}
