// The search of the watchlist: every row is compared with every probe, and the four best rows of each probe are kept.
//
//   search_f16_8, _16, _32 (const rows*, const probes*, u64* found, i32 count, i32 stride)
//   search_i8_8, _16, _32  (const rows*, const probes*, u64* found, i32* most, i32 count, i32 stride)
//   rescore_8, _16, _32    (const rows*, const probes*, u64* found, const i32* most, const u64* first, const i32* margin,
//                           i32 count, i32 stride)
//      rows    float16 or int8 by `stride` bytes, a multiple of 64; as many rows as a multiple of 64, zero from `count` on
//      probes  likewise, as many as a multiple of 8, 16 or 32
//      found   [probe][gridDim.x][4] keys, best first
//      most    [gridDim.y][tile of 16 rows][8, 16 or 32 probes]: the best int8 product in the tile
//      grid    (blocks, groups of 8, 16 or 32 probes, 1); any number of blocks
//      block   (SEARCH_THREADS, 1, 1)
//   merge (const u64* found, u64* best, i32 lists)     best [probe][4]; grid (probes, 1, 1), block (MERGE_THREADS, 1, 1)
//
// A key is the score in the upper 32 bits, turned so that a greater score is a greater number, and 0xFFFFFFFF - row in the
// lower, so that of equal scores the lower row wins. 0 is no row.
//
// A product of 16 rows and 8 probes takes one mma. A scalar product does not care in which order its terms come, so a lane
// does not gather the k that the fragment's layout names: it takes 16 bytes that lie together, for rows and for probes alike,
// and they are the fragments of two steps. A warp reads 64 bytes of each row at a time, and no row is staged anywhere.
// 16-bit and 8-bit fragments are alike in bytes, so one code serves both.
//
// int8 first, and still exact. x, p: a row and a probe as float16; s*a, s'*b: their int8 forms; x = s*a + r, p = s'*b + r'.
//   |p.x - ss' b.a| = |p.r + r'.s*a| <= |p| max|r| + |r'| max|s*a| =: e                          (Cauchy-Schwarz)
// Let E be e and what float32 may add to it by rounding, c the fourth best int8 score. Four rows have an int8 score >= c,
// so a float16 score >= c - E; whoever is among the four best float16 scores has one >= c - E too, and so an int8 score
// >= c - 2E. `margin` is 2E / ss', rounded up. `rescore` does the float16 search over each tile with a row as good as that:
// the rows that it adds can only lose, and the scores are those of search_f16 to the bit.
#pragma once

// What may be varied for a GPU. Bytes in flight: 1 KiB x TILES x STEPS for each warp.
#ifndef SEARCH_WARPS
#define SEARCH_WARPS 4
#endif
#ifndef SEARCH_TILES  // tiles of 16 rows that a warp takes at once
#define SEARCH_TILES 4
#endif
#ifndef SEARCH_STEPS  // pieces of 64 bytes of each row that it loads before it multiplies
#define SEARCH_STEPS 2
#endif
#ifndef SEARCH_RESIDENT  // blocks that one processor holds, which bounds the registers
#define SEARCH_RESIDENT 3
#endif
#ifndef SEARCH_LOAD  // rows are read once and must not push the probes out of L1
#define SEARCH_LOAD "ld.global.nc.L1::no_allocate.v4.u32"
#endif
#define SEARCH_THREADS (32 * SEARCH_WARPS)
#define MERGE_THREADS 128

#ifdef HOST_BUILD
#define SEARCH_EXPORT(kernel) HOST_EXPORT_COLLECTIVE(kernel)
#else
#define SEARCH_EXPORT(kernel)
#endif

namespace search {

using Key = unsigned long long;
constexpr int DEPTH = 4;    // a subject has three templates at most, so the fourth row is of another one
constexpr int TILE = 16;    // rows of an mma
constexpr int CHUNK = 64;   // bytes of a row that four lanes take together
constexpr unsigned ALL = 0xFFFFFFFFu;

template <class Sum>
constexpr bool whole = false;
template <>
constexpr bool whole<int> = true;

static __device__ __forceinline__ uint4 load_row(const char* at) {
#ifdef HOST_BUILD
  return *(const uint4*)at;
#else
  uint4 v;
  asm volatile(SEARCH_LOAD " {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(at));
  return v;
#endif
}

static __device__ __forceinline__ void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef HOST_BUILD
  shim::mma_f16(d, a, b);
#else
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

static __device__ __forceinline__ void multiply(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef HOST_BUILD
  shim::mma_s8(d, a, b);
#else
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

static __device__ __forceinline__ unsigned rank(float score) {
  const unsigned bits = __float_as_uint(score);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
static __device__ __forceinline__ unsigned rank(int score) { return (unsigned)score ^ 0x80000000u; }

static __device__ __forceinline__ void insert(Key (&best)[DEPTH], Key key) {
  if (key <= best[DEPTH - 1]) return;
  best[DEPTH - 1] = key;
#pragma unroll
  for (int i = DEPTH - 1; i > 0; i--) {
    const Key upper = best[i - 1];
    best[i - 1] = max(upper, best[i]);
    best[i] = min(upper, best[i]);
  }
}

static __device__ __forceinline__ void order(Key& upper, Key& lower) {
  const Key greater = max(upper, lower);
  lower = min(upper, lower);
  upper = greater;
}

/// Keep the four greatest of two lists, both best first: one forwards and one backwards are a bitonic sequence.
static __device__ __forceinline__ void join(Key (&best)[DEPTH], const Key (&other)[DEPTH]) {
#pragma unroll
  for (int i = 0; i < DEPTH; i++) best[i] = max(best[i], other[DEPTH - 1 - i]);
  order(best[0], best[2]);
  order(best[1], best[3]);
  order(best[0], best[1]);
  order(best[2], best[3]);
}

static __device__ __forceinline__ void join_lanes(Key (&best)[DEPTH], int apart) {
  Key other[DEPTH];
#pragma unroll
  for (int i = 0; i < DEPTH; i++) other[i] = __shfl_xor_sync(ALL, best[i], apart);
  join(best, other);
}

static __device__ __forceinline__ void join_list(Key (&best)[DEPTH], const Key* list) {
  const Key other[DEPTH] = {list[0], list[1], list[2], list[3]};
  join(best, other);
}

/// A lane's part of the work: the list seen from it, and its own best rows of two probes in each group of eight.
/// Lanes are numbered as the fragments of an mma: `group` is its row and its probe, `part` its place along both.
template <class Sum, int GROUPS>
struct Lane {
  const char* rows;
  const char* probes;
  int count;
  int stride;
  Key best[2 * GROUPS][DEPTH];

  __device__ __forceinline__ Lane(const void* rows_, const void* probes_, int count_, int stride_)
      : count(count_), stride(stride_), best{} {
    const size_t mine = (size_t)group() * stride + part() * 16;
    rows = (const char*)rows_ + mine;
    probes = (const char*)probes_ + (size_t)blockIdx.y * GROUPS * 8 * stride + mine;
  }

  static __device__ __forceinline__ int group() { return threadIdx.x % 32 / 4; }
  static __device__ __forceinline__ int part() { return threadIdx.x % 4; }

  /// Add the products over some chunks. All loads come first, so that all are under way at once.
  template <int TILES, int STEPS>
  __device__ __forceinline__ void add(Sum (&sum)[TILES][GROUPS][4], const char* from, int chunk) const {
    uint4 row[STEPS][TILES][2];
#pragma unroll
    for (int i = 0; i < TILES; i++)
#pragma unroll
      for (int half = 0; half < 2; half++)
#pragma unroll
        for (int s = 0; s < STEPS; s++)
          row[s][i][half] = load_row(from + (size_t)(i * TILE + half * 8) * stride + (chunk + s) * CHUNK);
#pragma unroll
    for (int s = 0; s < STEPS; s++)
#pragma unroll
      for (int p = 0; p < GROUPS; p++) {
        const uint4 probe = __ldg((const uint4*)(probes + (size_t)p * 8 * stride + (chunk + s) * CHUNK));
#pragma unroll
        for (int i = 0; i < TILES; i++) {
          const uint4 low = row[s][i][0], high = row[s][i][1];
          multiply(sum[i][p], {low.x, high.x, low.y, high.y}, {probe.x, probe.y});
          multiply(sum[i][p], {low.z, high.z, low.w, high.w}, {probe.z, probe.w});
        }
      }
  }

  /// Compare some tiles with all probes.
  template <int TILES>
  __device__ __forceinline__ void compare(Sum (&sum)[TILES][GROUPS][4], int tile) {
    const char* from = rows + (size_t)tile * TILE * stride;
    const int chunks = stride / CHUNK;
    int chunk = 0;
#pragma unroll 1
    for (; chunk + SEARCH_STEPS <= chunks; chunk += SEARCH_STEPS) add<TILES, SEARCH_STEPS>(sum, from, chunk);
#pragma unroll 1
    for (; chunk < chunks; chunk++) add<TILES, 1>(sum, from, chunk);
#pragma unroll
    for (int i = 0; i < TILES; i++)
#pragma unroll
      for (int p = 0; p < GROUPS; p++)
#pragma unroll
        for (int j = 0; j < 4; j++) keep(p * 2 + j % 2, sum[i][p][j], (tile + i) * TILE + j / 2 * 8 + group());
  }

  __device__ __forceinline__ void keep(int probe, Sum score, int row) {
    // A NaN equals nothing, and must not win: as a key it would be above every number.
    if (score == score && row < count) insert(best[probe], (Key)rank(score) << 32 | (0xFFFFFFFFu - (unsigned)row));
  }

  /// Join the lists of the block and write them.
  __device__ __forceinline__ void finish(Key* found) {
    __shared__ Key lists[SEARCH_WARPS][GROUPS * 8][DEPTH];
#pragma unroll
    for (int i = 0; i < 2 * GROUPS; i++) {
      for (int apart = 4; apart < 32; apart *= 2) join_lanes(best[i], apart);
      if (group() == 0)
#pragma unroll
        for (int k = 0; k < DEPTH; k++) lists[threadIdx.x / 32][i / 2 * 8 + part() * 2 + i % 2][k] = best[i][k];
    }
    __syncthreads();
    const int probe = threadIdx.x;
    if (probe >= GROUPS * 8) return;
    Key all[DEPTH] = {};
    for (int warp = 0; warp < SEARCH_WARPS; warp++) join_list(all, lists[warp][probe]);
    Key* to = found + ((size_t)(blockIdx.y * GROUPS * 8 + probe) * gridDim.x + blockIdx.x) * DEPTH;
#pragma unroll
    for (int k = 0; k < DEPTH; k++) to[k] = all[k];
  }
};

/// Write the best product of each tile for each probe.
template <int TILES, int GROUPS>
static __device__ __forceinline__ void write_most(const int (&sum)[TILES][GROUPS][4], int* most) {
#pragma unroll
  for (int i = 0; i < TILES; i++)
#pragma unroll
    for (int p = 0; p < GROUPS; p++) {
      int even = max(sum[i][p][0], sum[i][p][2]), odd = max(sum[i][p][1], sum[i][p][3]);
      for (int apart = 4; apart < 32; apart *= 2) {
        even = max(even, __shfl_xor_sync(ALL, even, apart));
        odd = max(odd, __shfl_xor_sync(ALL, odd, apart));
      }
      int* to = most + (i * GROUPS + p) * 8 + threadIdx.x % 4 * 2;
      if (threadIdx.x % 32 < 4) to[0] = even, to[1] = odd;
    }
}

/// How many tiles there are in the whole list, the last ones perhaps not full.
static __device__ __forceinline__ int count_tiles(int count) { return (count + TILE - 1) / TILE; }

template <class Sum, int GROUPS>
static __device__ __forceinline__ void search_all(const void* rows, const void* probes, Key* found, int* most, int count,
                                                  int stride) {
  constexpr int TILES = SEARCH_TILES;
  Lane<Sum, GROUPS> lane(rows, probes, count, stride);
  // The list ends on a multiple of 64 rows, so a warp's last tiles may be empty but are there.
  const int tiles = (count + 63) / 64 * 4;
  const int first = (blockIdx.x * SEARCH_WARPS + threadIdx.x / 32) * TILES;
  for (int tile = first; tile < tiles; tile += gridDim.x * SEARCH_WARPS * TILES) {
    Sum sum[TILES][GROUPS][4] = {};
    lane.template compare<TILES>(sum, tile);
    if constexpr (whole<Sum>) write_most(sum, most + ((size_t)blockIdx.y * tiles + tile) * GROUPS * 8);
  }
  lane.finish(found);
}

template <int GROUPS>
static __device__ __forceinline__ void search_some(const void* rows, const void* probes, Key* found, const int* most,
                                                   const Key* first, const int* margin, int count, int stride) {
  constexpr int PROBES = GROUPS * 8;
  __shared__ int least[PROBES];
  if (threadIdx.x < PROBES) {
    const int probe = blockIdx.y * PROBES + threadIdx.x;
    const Key fourth = first[probe * DEPTH + DEPTH - 1];
    // With fewer than four rows all of them are the answer.
    least[threadIdx.x] = fourth ? (int)((unsigned)(fourth >> 32) ^ 0x80000000u) - margin[probe] : -0x7FFFFFFF;
  }
  __syncthreads();
  Lane<float, GROUPS> lane(rows, probes, count, stride);
  const int tiles = (count + 63) / 64 * 4;
  most += (size_t)blockIdx.y * tiles * PROBES;
  const int begin = (blockIdx.x * SEARCH_WARPS + threadIdx.x / 32) * 32;
  for (int from = begin; from < tiles; from += gridDim.x * SEARCH_WARPS * 32) {
    const int mine = from + threadIdx.x % 32;
    bool wanted = false;
    if (mine < tiles)
      for (int i = 0; i < PROBES; i++) wanted |= most[(size_t)mine * PROBES + i] >= least[i];
    for (unsigned left = __ballot_sync(ALL, wanted); left; left &= left - 1) {
      float sum[1][GROUPS][4] = {};
      lane.template compare<1>(sum, from + __ffs((int)left) - 1);
    }
  }
  lane.finish(found);
}

}  // namespace search

// More probes have more keys, and those need the registers of a block.
#define SEARCH_BOUNDS(probes_) __launch_bounds__(SEARCH_THREADS, probes_ > 8 ? 2 : SEARCH_RESIDENT)

#define SEARCH_KERNELS(probes_)                                                                                          \
  extern "C" __global__ void SEARCH_BOUNDS(probes_)                     \
      search_f16_##probes_(const void* rows, const void* probes, search::Key* found, int count, int stride) {            \
    search::search_all<float, probes_ / 8>(rows, probes, found, nullptr, count, stride);                                 \
  }                                                                                                                      \
  extern "C" __global__ void SEARCH_BOUNDS(probes_)                     \
      search_i8_##probes_(const void* rows, const void* probes, search::Key* found, int* most, int count, int stride) {  \
    search::search_all<int, probes_ / 8>(rows, probes, found, most, count, stride);                                      \
  }                                                                                                                      \
  extern "C" __global__ void SEARCH_BOUNDS(probes_)                     \
      rescore_##probes_(const void* rows, const void* probes, search::Key* found, const int* most,                       \
                        const search::Key* first, const int* margin, int count, int stride) {                            \
    search::search_some<probes_ / 8>(rows, probes, found, most, first, margin, count, stride);                           \
  }                                                                                                                      \
  SEARCH_EXPORT(search_f16_##probes_)                                                                                    \
  SEARCH_EXPORT(search_i8_##probes_)                                                                                     \
  SEARCH_EXPORT(rescore_##probes_)

SEARCH_KERNELS(8)
SEARCH_KERNELS(16)
SEARCH_KERNELS(32)

extern "C" __global__ void __launch_bounds__(MERGE_THREADS) merge(const search::Key* found, search::Key* best, int lists) {
  using namespace search;
  __shared__ Key warps[MERGE_THREADS / 32][DEPTH];
  Key mine[DEPTH] = {};
  for (int i = threadIdx.x; i < lists; i += MERGE_THREADS) join_list(mine, found + ((size_t)blockIdx.x * lists + i) * DEPTH);
  for (int apart = 1; apart < 32; apart *= 2) join_lanes(mine, apart);
  if (threadIdx.x % 32 == 0)
    for (int k = 0; k < DEPTH; k++) warps[threadIdx.x / 32][k] = mine[k];
  __syncthreads();
  if (threadIdx.x) return;
  for (int warp = 1; warp < MERGE_THREADS / 32; warp++) join_list(mine, warps[warp]);
  for (int k = 0; k < DEPTH; k++) best[blockIdx.x * DEPTH + k] = mine[k];
}
SEARCH_EXPORT(merge)
