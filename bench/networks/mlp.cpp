#include "../harness/network.hpp"
#include "../networks.hpp"
#include "../sizes.hpp"
#include "networks.hpp"

namespace benches {
namespace {

template <auto Net, int Batch>
void add(std::string const& name) {
  add_forward_rows<Net, Batch>(
      "network/" + name + "/forward/batch:" + std::to_string(Batch),
      [&](auto const& s) { return mlp_peers(mlp_named(name), Batch, s.parameters, s.x); });
}

template <auto Net>
void add_both(std::string const& name) {
  add<Net, 1>(name);
  add<Net, 64>(name);
}

/// Each input is the last output, as in a filter with feedback: latency instead of throughput.
template <auto Net>
void add_chained(std::string const& name) {
  auto const s = std::make_shared<subject<Net>>(1);
  add_row(forward_task<Net>("network/" + name + "/chained/batch:1", 1), "etch", [s] {
    auto const y = std::make_shared<std::array<float, 1>>();
    return make_job([s, y](int) { *y = s->model.forward(*y); },
                    [y] { return std::vector<float>(y->begin(), y->end()); });
  });
}

/// The same network with fast functions, which no other library offers.
template <auto Net>
void add_fast(std::string const& name) {
  add_forward_rows<etch::fast(Net), 1>("network/" + name + "_fast/forward/batch:1");
}

}  // namespace

void add_mlp_rows() {
  add_both<nets::mlp_10_5_3>("mlp_10_5_3");
  add_fast<nets::mlp_10_5_3>("mlp_10_5_3");
  add_both<nets::mlp_1_8_8_8_1>("mlp_1_8_8_8_1");
  add_fast<nets::mlp_1_8_8_8_1>("mlp_1_8_8_8_1");
  add_chained<nets::mlp_1_8_8_8_1>("mlp_1_8_8_8_1");
  add_chained<etch::fast(nets::mlp_1_8_8_8_1)>("mlp_1_8_8_8_1_fast");
  add_both<nets::mlp_64_128_128_10>("mlp_64_128_128_10");
  add_both<nets::mlp_784_128_64_10>("mlp_784_128_64_10");
}

}  // namespace benches
