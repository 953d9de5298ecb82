// error: options: learning_rate momentum weight_decay nesterov
// lines: 18
#include "../../runtime/train/optimizers/sgd.hpp"

#ifdef TWIN
etch::sgd optimizer{{.learning_rate = 1e-3f}};
#else
etch::sgd optimizer{{.lr = 1e-3f}};  // here
#endif
