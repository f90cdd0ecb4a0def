// Small kernels on which shim.hpp is tried.

struct Mixed {
  unsigned char first;
  double second;
  short third;
};

extern "C" __global__ void twice(const float* in, float* out, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = 2 * in[i];
}

extern "C" __global__ void layout(unsigned char a, double b, short c, Mixed d, float e, double* out) {
  const double all[] = {(double)a, b, (double)c, (double)d.first, d.second, (double)d.third, (double)e};
  for (int i = 0; i < 7; i++) out[i] = all[i];
}

extern "C" __global__ void places(unsigned* out) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] += block * 1000 + thread;
}

// Each thread takes what its mirror has put down.
extern "C" __global__ void mirror(int* values, int barriers) {
  __shared__ int put[256];
  for (int round = 0; round < barriers; round++) {
    put[threadIdx.x] = values[threadIdx.x];
    __syncthreads();
    values[threadIdx.x] = put[blockDim.x - 1 - threadIdx.x] + 1;
    __syncthreads();
  }
}

extern "C" __global__ void mirror_without_barrier(int* values) {
  __shared__ int put[256];
  put[threadIdx.x] = values[threadIdx.x];
  values[threadIdx.x] = put[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void total(const int* in, int* out, int count) {
  __shared__ int sums[32];
  int sum = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) sum += in[i];
  for (int apart = 16; apart; apart /= 2) sum += __shfl_xor_sync(0xFFFFFFFFu, sum, apart);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x) return;
  for (unsigned i = 1; i < blockDim.x / 32; i++) sum += sums[i];
  out[0] = sum;
}

extern "C" __global__ void exchange(const float* in, float* out, unsigned* votes) {
  const int lane = threadIdx.x;
  const float value = in[lane];
  out[lane] = __shfl_sync(0xFFFFFFFFu, value, 31 - lane);
  out[32 + lane] = __shfl_xor_sync(0xFFFFFFFFu, value, 5);
  out[64 + lane] = __shfl_down_sync(0xFFFFFFFFu, value, 3);
  out[96 + lane] = __shfl_up_sync(0xFFFFFFFFu, value, 3);
  votes[lane] = __ballot_sync(0xFFFFFFFFu, value > 0);
  votes[32 + lane] = __any_sync(0xFFFFFFFFu, value > 0) * 2 + __all_sync(0xFFFFFFFFu, value > 0);
}

// Which of the ways of not meeting: 0 all meet, 1 a thread returns before the barrier, 2 two barriers, 3 a lane stays away
// from the shuffle, 4 two shuffles, 5 a part of the warp by its mask, 6 a lane is at the barrier.
extern "C" __global__ void meeting(int how, int* out) {
  const bool last = threadIdx.x == blockDim.x - 1;
  if (how == 1 && last) return;
  if (how == 2 && last)
    __syncthreads();
  else if (how == 2)
    __syncthreads();
  int got = 0;
  if (how == 3 && last) return;
  if (how == 4 && last)
    got = __shfl_xor_sync(0xFFFFFFFFu, 1, 1);
  else if (how == 6 && last)
    __syncthreads();
  else if (how > 2)
    got = __shfl_xor_sync(how == 5 ? 0x0000FFFFu : 0xFFFFFFFFu, 1, 1);
  __syncthreads();
  out[threadIdx.x] = got + 1;
}

extern "C" __global__ void meeting_alone() { __syncthreads(); }

// The fragments as the PTX manual numbers them, gathered element by element.
extern "C" __global__ void product_f16(const __half* a, const __half* b, float* d) {
  const int group = threadIdx.x / 4, part = threadIdx.x % 4;
  __half fa[8], fb[4];
  for (int i = 0; i < 8; i++) fa[i] = a[(group + (i / 2 % 2) * 8) * 16 + part * 2 + i % 2 + (i / 4) * 8];
  for (int i = 0; i < 4; i++) fb[i] = b[(part * 2 + i % 2 + (i / 2) * 8) * 8 + group];
  unsigned ra[4], rb[2];
  memcpy(ra, fa, sizeof ra);
  memcpy(rb, fb, sizeof rb);
  float sum[4];
  for (int i = 0; i < 4; i++) sum[i] = d[(group + i / 2 * 8) * 8 + part * 2 + i % 2];
  shim::mma_f16(sum, ra, rb);
  for (int i = 0; i < 4; i++) d[(group + i / 2 * 8) * 8 + part * 2 + i % 2] = sum[i];
}

extern "C" __global__ void product_s8(const signed char* a, const signed char* b, int* d) {
  const int group = threadIdx.x / 4, part = threadIdx.x % 4;
  signed char fa[16], fb[8];
  for (int i = 0; i < 16; i++) fa[i] = a[(group + (i / 4 % 2) * 8) * 32 + part * 4 + i % 4 + (i / 8) * 16];
  for (int i = 0; i < 8; i++) fb[i] = b[(part * 4 + i % 4 + (i / 4) * 16) * 8 + group];
  unsigned ra[4], rb[2];
  memcpy(ra, fa, sizeof ra);
  memcpy(rb, fb, sizeof rb);
  int sum[4];
  for (int i = 0; i < 4; i++) sum[i] = d[(group + i / 2 * 8) * 8 + part * 2 + i % 2];
  shim::mma_s8(sum, ra, rb);
  for (int i = 0; i < 4; i++) d[(group + i / 2 * 8) * 8 + part * 2 + i % 2] = sum[i];
}

extern "C" __global__ void arithmetic(const float* in, float* floats, int* ints, unsigned short* halves) {
  const int i = threadIdx.x;
  floats[4 * i] = min(in[i], 1.0f);
  floats[4 * i + 1] = max(1.0f, in[i]);
  floats[4 * i + 2] = __saturatef(in[i]);
  floats[4 * i + 3] = __uint_as_float(__float_as_uint(in[i]));
  ints[4 * i] = __float2int_rn(in[i]);
  ints[4 * i + 1] = __float2int_rz(in[i]);
  ints[4 * i + 2] = __float2int_rd(in[i]);
  ints[4 * i + 3] = __float2int_ru(in[i]);
  halves[i] = __half_as_ushort(__float2half_rn(in[i]));
}

// Reads one element beyond `in`; what a sanitizer must see, on the stack of a fiber as well.
extern "C" __global__ void beyond(const float* in, float* out, int count) {
  float copy[4] = {};
  copy[threadIdx.x % 4] = in[threadIdx.x + 1 < (unsigned)count ? threadIdx.x : count];
  __syncthreads();
  out[threadIdx.x] = copy[threadIdx.x % 4];
}

HOST_EXPORT(twice)
HOST_EXPORT(layout)
HOST_EXPORT(places)
HOST_EXPORT(arithmetic)
HOST_EXPORT(meeting_alone)
HOST_EXPORT_COLLECTIVE(mirror)
HOST_EXPORT_COLLECTIVE(mirror_without_barrier)
HOST_EXPORT_COLLECTIVE(total)
HOST_EXPORT_COLLECTIVE(exchange)
HOST_EXPORT_COLLECTIVE(meeting)
HOST_EXPORT_COLLECTIVE(product_f16)
HOST_EXPORT_COLLECTIVE(product_s8)
HOST_EXPORT_COLLECTIVE(beyond)
