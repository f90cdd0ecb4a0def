// What the GPU does itself. One source, three builds: for the van's GPU (nvcc or NVRTC), for a bench
// machine's, and through tests/kernels/shim.hpp for an ordinary processor, where CI checks the numbers.
#include "pixels.cuh"
#include "search.cuh"
