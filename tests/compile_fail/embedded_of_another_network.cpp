// error: etch: this file holds the weights of another network; save those of this one with etch
#include <etch/inference.hpp>

constexpr auto net = etch::input<4> | etch::dense<3>;
constexpr auto other = etch::input<4> | etch::dense<3> | etch::relu;

// What the header that etch_embed() makes says of a file.
constexpr unsigned char file[4096]{};
constexpr etch::known_file<etch::facts<net>::fingerprint, sizeof file> weights{file, true};

#ifdef TWIN
constinit etch::embedded_model<net> const model{weights};
#else
constinit etch::embedded_model<other> const model{weights};  // here
#endif

float use(std::array<float, 4> const& x) { return model.forward(x)[0]; }
