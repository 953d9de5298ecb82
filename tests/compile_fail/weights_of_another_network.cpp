// error: weights_rule<etch::network<etch::root<etch::extents<8>>, etch::layers::dense<4>>,
// error: , etch::network<etch::root<etch::extents<8>>, etch::layers::dense<3>>>::is_met
// error: the weights of one network do not fit another
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<8> | etch::dense<4>;
[[maybe_unused]] constexpr auto other = etch::input<8> | etch::dense<3>;
#ifdef TWIN
void use(etch::model<net>& to, etch::model<net> const& from) { to = from; }
#else
void use(etch::model<net>& to, etch::model<other> const& from) { to = from; }  // here
#endif
