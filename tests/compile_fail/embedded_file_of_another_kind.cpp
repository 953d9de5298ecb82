// error: etch: this is not a file that etch::save_embedded wrote
#include <etch/inference.hpp>

// What #embed makes of a file: the header is "etch01", the fingerprint of the network, the number
// of weights.
#ifdef TWIN
alignas(64) constexpr unsigned char file[64]{'e', 't', 'c', 'h', '0', '1'};
#else
alignas(64) constexpr unsigned char file[64]{'P', 'K', 3, 4};
#endif
constexpr auto weights = etch::embedded<file>;  // here
