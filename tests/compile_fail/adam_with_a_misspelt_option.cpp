// error: options: learning_rate beta1 beta2 epsilon weight_decay
// lines: 18
#include "../../runtime/train/optimizers/adam.hpp"

#ifdef TWIN
etch::adam optimizer{{.learning_rate = 1e-3f}};
#else
etch::adam optimizer{{.lr = 1e-3f}};  // here
#endif
