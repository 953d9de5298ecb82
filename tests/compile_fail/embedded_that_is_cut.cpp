// error: etch: this file is cut: it ends before its weights do
#include <etch/inference.hpp>

constexpr auto net = etch::input<4> | etch::dense<3>;
constexpr auto size = 64 + 4 * static_cast<std::size_t>(etch::facts<net>::weight_floats);

// What the header that etch_embed() makes says of a file.
constexpr unsigned char file[size]{};
#ifdef TWIN
constexpr etch::known_file<etch::facts<net>::fingerprint, size> weights{file, true};
#else
constexpr etch::known_file<etch::facts<net>::fingerprint, size - 1> weights{file, true};
#endif
constinit etch::embedded_model<net> const model{weights};  // here
