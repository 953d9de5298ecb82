// error: etch: a batch has at least 1 sample
#include "../../runtime/data/batches.hpp"

int use(etch::dataset const& data) {
#ifdef TWIN
  return etch::batches<8>(data).size();
#else
  return etch::batches<0>(data).size();  // here
#endif
}
