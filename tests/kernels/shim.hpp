// CUDA C++ for an ordinary processor: lets kernels.cu compile with g++ and run, so that its arithmetic, its
// bounds and its barriers can be checked without a GPU.
//
//   g++ -std=c++17 -x c++ -include shim.hpp -DHOST_BUILD kernels.cu -shared -fPIC
//
// HOST_EXPORT(kernel)             a kernel whose threads never meet: run as plain loops.
// HOST_EXPORT_COLLECTIVE(kernel)  one that has barriers, shuffles or mma: each thread of a block is a fiber, which is
//                                 left at a barrier or collective and resumed when all who must meet there have come.
// Either makes the C symbol
//   int kernel__host(dim3 grid, dim3 block, unsigned shared_bytes, void** params, const void* packed, size_t size)
// which takes its arguments as cuLaunchKernel does: from `params`, or where that is null from `packed`, each argument
// at its natural alignment. It answers 0, 1 (`size` is not that of the signature), 2 (threads did not meet) or 3 (the
// grid or the block cannot be launched); shim_error() says it in words.
//
// What is stricter than a GPU: every thread of the block must come to the very same barrier, and every lane of the warp
// to the very same collective with the full mask; a thread that has returned has not come. shim_backwards(1) runs warps
// and lanes in the opposite order: a kernel that lacks a barrier gives another answer.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define SHIM_ASAN 1
#else
#define SHIM_ASAN 0
#endif

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
// Blocks run one after another, so one copy is one copy a block; not thread_local, which ASan does not fence.
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))

// ---- Types -----------------------------------------------------------------------------------------------------------
struct uint3 { unsigned x, y, z; };
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
#define SHIM_VECTOR(T, name, align2, align4)                                              \
  struct __align__(align2) name##2 { T x, y; };                                           \
  struct name##3 { T x, y, z; };                                                          \
  struct __align__(align4) name##4 { T x, y, z, w; };                                     \
  static inline name##2 make_##name##2(T x, T y) { return {x, y}; }                       \
  static inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }               \
  static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
#define uint3 shim_uint3  // made above: the type of threadIdx
SHIM_VECTOR(unsigned char, uchar, 2, 4)
SHIM_VECTOR(signed char, char, 2, 4)
SHIM_VECTOR(unsigned short, ushort, 4, 8)
SHIM_VECTOR(short, short, 4, 8)
SHIM_VECTOR(unsigned, uint, 8, 16)
SHIM_VECTOR(int, int, 8, 16)
SHIM_VECTOR(float, float, 8, 16)
#undef uint3
#undef SHIM_VECTOR

using __half = _Float16;
using half = _Float16;
struct __align__(4) __half2 { __half x, y; };

static uint3 threadIdx, blockIdx;
static dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

// ---- Arithmetic as the GPU does it --------------------------------------------------------------------------------------
template <class To, class From>
static inline To shim_bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
static inline __half __float2half(float v) { return (__half)v; }
static inline __half __float2half_rn(float v) { return (__half)v; }
static inline float __half2float(__half v) { return (float)v; }
static inline unsigned short __half_as_ushort(__half v) { return shim_bits<unsigned short>(v); }
static inline __half __ushort_as_half(unsigned short v) { return shim_bits<__half>(v); }
static inline __half2 __floats2half2_rn(float x, float y) { return {(__half)x, (__half)y}; }
static inline __half2 __halves2half2(__half x, __half y) { return {x, y}; }
static inline float2 __half22float2(__half2 v) { return {(float)v.x, (float)v.y}; }
static inline float __low2float(__half2 v) { return (float)v.x; }
static inline float __high2float(__half2 v) { return (float)v.y; }
static inline unsigned __float_as_uint(float v) { return shim_bits<unsigned>(v); }
static inline float __uint_as_float(unsigned v) { return shim_bits<float>(v); }
static inline int __float_as_int(float v) { return shim_bits<int>(v); }
static inline float __int_as_float(int v) { return shim_bits<float>(v); }
static inline int __popc(unsigned v) { return __builtin_popcount(v); }
static inline int __clz(int v) { return v ? __builtin_clz((unsigned)v) : 32; }
static inline int __ffs(int v) { return __builtin_ffs(v); }
static inline float __saturatef(float v) { return v > 0.0f ? (v < 1.0f ? v : 1.0f) : 0.0f; }
static inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fadd_rn(float a, float b) { return a + b; }
// Rounds down: of two floats the sum is exact as a double.
static inline float __fadd_rd(float a, float b) {
  const double exact = (double)a + (double)b;
  const float near = (float)exact;
  return (double)near > exact ? std::nextafterf(near, -INFINITY) : near;
}
static inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const unsigned long long both = (unsigned long long)y << 32 | x;
  unsigned picked = 0;
  for (int i = 0; i < 4; i++) picked |= (unsigned)(both >> 8 * (selector >> 4 * i & 7) & 255) << 8 * i;
  return picked;
}
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __frcp_rn(float a) { return 1.0f / a; }
static inline float rsqrtf(float a) { return 1.0f / std::sqrt(a); }
// Out of range it gives the nearest int and NaN gives 0, where C++ promises nothing.
static inline int shim_to_int(float v) {
  return v != v ? 0 : v >= 2147483648.0f ? INT32_MAX : v < -2147483648.0f ? INT32_MIN : (int)v;
}
static inline int __float2int_rn(float v) { return shim_to_int(std::nearbyint(v)); }
static inline int __float2int_rz(float v) { return shim_to_int(std::trunc(v)); }
static inline int __float2int_rd(float v) { return shim_to_int(std::floor(v)); }
static inline int __float2int_ru(float v) { return shim_to_int(std::ceil(v)); }
// CUDA's min and max of floats are fminf and fmaxf: a NaN loses. std::min would let it win.
#define SHIM_LEAST(T)                                                 \
  static inline T min(T a, T b) { return b < a ? b : a; }             \
  static inline T max(T a, T b) { return a < b ? b : a; }
SHIM_LEAST(int)
SHIM_LEAST(unsigned)
SHIM_LEAST(long)
SHIM_LEAST(unsigned long)
SHIM_LEAST(long long)
SHIM_LEAST(unsigned long long)
#undef SHIM_LEAST
static inline float min(float a, float b) { return std::fmin(a, b); }
static inline float max(float a, float b) { return std::fmax(a, b); }
static inline double min(double a, double b) { return std::fmin(a, b); }
static inline double max(double a, double b) { return std::fmax(a, b); }

template <class T>
static inline T __ldg(const T* p) { return *p; }
template <class T>
static inline T __ldcs(const T* p) { return *p; }
template <class T>
static inline void __stcs(T* p, T v) { *p = v; }
// No two threads run at once here, so an atomic is a plain step.
template <class T>
static inline T atomicAdd(T* p, std::common_type_t<T> v) { T old = *p; *p = old + v; return old; }
template <class T>
static inline T atomicMax(T* p, std::common_type_t<T> v) { T old = *p; *p = max(old, v); return old; }
template <class T>
static inline T atomicMin(T* p, std::common_type_t<T> v) { T old = *p; *p = min(old, v); return old; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}

// ---- Fibers ----------------------------------------------------------------------------------------------------------
namespace shim {

enum class At { running, barrier, collective, done, refused };

/// What a warp does together: given what each of the 32 lanes brought.
using Meet = void (*)(void* const* lanes);

struct Fiber {
  ucontext_t context;  // how it is first entered
  jmp_buf left;        // where it goes on
  std::unique_ptr<char[]> stack;
  void* fake = nullptr;  // ASan's
  bool entered = false;
  At at = At::running;
  uint3 thread{};
  int place = 0;  // the source line of the barrier or collective
  Meet meet = nullptr;
  void* brought = nullptr;
};

struct Unmet : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr size_t STACK = SHIM_ASAN ? 256 << 10 : 64 << 10;
static std::vector<std::unique_ptr<Fiber>> fibers;  // kept for the next block
static Fiber* current = nullptr;
static void (*body)(void*) = nullptr;  // one thread's work
static void* body_arguments = nullptr;
static bool backwards = false;
static std::string error;
static std::mutex one_launch;

#if SHIM_ASAN
static ucontext_t home;
static const void* home_stack;
static size_t home_size;
static inline void leave_home(void** fake, Fiber& f) { __sanitizer_start_switch_fiber(fake, f.stack.get(), STACK); }
static inline void leave_fiber(Fiber& f) {
  __sanitizer_start_switch_fiber(f.at == At::done ? nullptr : &f.fake, home_stack, home_size);
}
static inline void come_home(void* fake) { __sanitizer_finish_switch_fiber(fake, nullptr, nullptr); }
static inline void come_in(void* fake) { __sanitizer_finish_switch_fiber(fake, &home_stack, &home_size); }

static void resume(Fiber& f) {
  void* fake = nullptr;
  leave_home(&fake, f);
  swapcontext(&home, &f.context);
  come_home(fake);
}
static void pause() {
  Fiber& f = *current;
  leave_fiber(f);
  swapcontext(&f.context, &home);
  come_in(f.fake);
}
#else
static jmp_buf home_left;
static inline void come_in(void*) {}
// swapcontext asks the kernel for the signal mask each time; after the first entry a jump does.
static void resume(Fiber& f) {
  if (_setjmp(home_left)) return;
  if (f.entered) _longjmp(f.left, 1);
  f.entered = true;
  setcontext(&f.context);
}
static void pause() {
  if (!_setjmp(current->left)) _longjmp(home_left, 1);
}
#endif

static void enter() {
  come_in(nullptr);
  body(body_arguments);
  current->at = At::done;
  pause();
}

static void begin(Fiber& f, uint3 thread) {
  if (!f.stack) f.stack.reset(new char[STACK]);
  f.fake = nullptr;
  f.entered = false;
  f.at = At::running;
  f.thread = thread;
  getcontext(&f.context);
  f.context.uc_stack.ss_sp = f.stack.get();
  f.context.uc_stack.ss_size = STACK;
  f.context.uc_link = nullptr;
  makecontext(&f.context, enter, 0);
}

/// Leave this thread until those who must have come to the same place.
static void stop(At at, int place, Meet meet = nullptr, void* brought = nullptr) {
  if (!current) throw Unmet("a barrier or collective in a kernel that is not HOST_EXPORT_COLLECTIVE");
  Fiber& f = *current;
  f.at = at;
  f.place = place;
  f.meet = meet;
  f.brought = brought;
  pause();
}

static std::string where(const Fiber& f) {
  const char* at = f.at == At::barrier ? "at the barrier of line "
                   : f.at == At::done  ? "done"
                                       : "at the collective of line ";
  return "thread " + std::to_string(f.thread.x) + "," + std::to_string(f.thread.y) + "," + std::to_string(f.thread.z) +
         " is " + at + (f.at == At::done ? "" : std::to_string(f.place));
}

static void demand_together(Fiber* const* some, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (some[i]->at == At::refused) throw Unmet("a mask that is not the whole warp: " + where(*some[i]));
  for (unsigned i = 1; i < count; i++)
    if (some[i]->at != some[0]->at || (some[0]->at != At::done && some[i]->place != some[0]->place) ||
        (some[0]->at == At::collective && some[i]->meet != some[0]->meet))
      throw Unmet("threads of one block do not meet: " + where(*some[0]) + ", " + where(*some[i]));
}

static void go_on(Fiber* const* warp, unsigned lanes) {
  for (unsigned i = 0; i < lanes; i++) {
    Fiber& f = *warp[backwards ? lanes - 1 - i : i];
    current = &f;
    threadIdx = f.thread;
    f.at = At::running;
    resume(f);
    current = nullptr;
  }
  demand_together(warp, lanes);
}

/// Run a warp until it is done or waits for the block.
static void run_warp(Fiber* const* warp, unsigned lanes) {
  for (go_on(warp, lanes); warp[0]->at == At::collective; go_on(warp, lanes)) {
    if (lanes != 32) throw Unmet("a warp of fewer than 32 threads " + where(*warp[0]));
    void* brought[32];
    for (int i = 0; i < 32; i++) brought[i] = warp[i]->brought;
    warp[0]->meet(brought);
  }
}

static void run_block() {
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z, warps = (threads + 31) / 32;
  while (fibers.size() < threads) fibers.push_back(std::make_unique<Fiber>());
  std::vector<Fiber*> all;
  for (unsigned i = 0; i < threads; i++) {
    begin(*fibers[i], {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y});
    all.push_back(fibers[i].get());
  }
  do {
    for (unsigned i = 0; i < warps; i++) {
      const unsigned first = 32 * (backwards ? warps - 1 - i : i);
      run_warp(&all[first], min(32u, threads - first));
    }
    demand_together(all.data(), threads);
  } while (all[0]->at != At::done);
}

// ---- Launching -------------------------------------------------------------------------------------------------------
template <class T>
static T unpack(const char* packed, size_t size, size_t& end) {
  end = (end + alignof(T) - 1) / alignof(T) * alignof(T);
  T value;
  std::memset((void*)&value, 0, sizeof value);
  if (end + sizeof(T) <= size) std::memcpy((void*)&value, packed + end, sizeof(T));
  end += sizeof(T);
  return value;
}

template <class... A>
struct Call {
  void (*kernel)(A...);
  std::tuple<A...> arguments;
  static void thread(void* call) { std::apply(((Call*)call)->kernel, ((Call*)call)->arguments); }
};

template <class... A>
static void run(Call<A...>& call, bool meets) {
  body = Call<A...>::thread;
  body_arguments = &call;
  for (unsigned gz = 0; gz < gridDim.z; gz++)
    for (unsigned gy = 0; gy < gridDim.y; gy++)
      for (unsigned gx = 0; gx < gridDim.x; gx++) {
        blockIdx = {gx, gy, gz};
        if (meets) {
          run_block();
          continue;
        }
        for (unsigned z = 0; z < blockDim.z; z++)
          for (unsigned y = 0; y < blockDim.y; y++)
            for (unsigned x = 0; x < blockDim.x; x++) {
              threadIdx = {x, y, z};
              call.thread(&call);
            }
      }
}

static inline bool launchable(dim3 grid, dim3 block, unsigned shared_bytes) {
  const bool some = grid.x && grid.y && grid.z && block.x && block.y && block.z;
  return some && grid.x <= 0x7FFFFFFFu && grid.y <= 65535 && grid.z <= 65535 && block.x <= 1024 && block.y <= 1024 &&
         block.z <= 64 && (uint64_t)block.x * block.y * block.z <= 1024 && !shared_bytes;
}

template <class... A, size_t... I>
static std::tuple<A...> gather(void** params, std::index_sequence<I...>) {
  return {*(A*)params[I]...};
}

template <class... A>
static int launch(const char* name, void (*kernel)(A...), bool meets, dim3 grid, dim3 block, unsigned shared_bytes,
                  void** params, const void* packed, size_t size) {
  const std::lock_guard<std::mutex> alone(one_launch);
  if (!launchable(grid, block, shared_bytes)) {
    error = std::string(name) + ": this grid or block cannot be launched, or dynamic shared memory was asked for";
    return 3;
  }
  size_t end = 0;
  Call<A...> call{kernel, params ? gather<A...>(params, std::index_sequence_for<A...>{})
                                 : std::tuple<A...>{unpack<A>((const char*)packed, size, end)...}};
  if (!params && end != size) {
    error = std::string(name) + ": " + std::to_string(size) + " bytes of arguments, the kernel takes " + std::to_string(end);
    return 1;
  }
  gridDim = grid;
  blockDim = block;
  try {
    run(call, meets);
  } catch (const Unmet& unmet) {
    error = std::string(name) + ": " + unmet.what();
    fibers.clear();
    current = nullptr;
    return 2;
  }
  return 0;
}

// ---- Meeting ---------------------------------------------------------------------------------------------------------
static inline void demand_full(unsigned mask, int line) {
  // Not thrown here: on a fiber's own stack nothing could catch it.
  if (mask != 0xFFFFFFFFu) stop(At::refused, line);
}

template <class T>
struct Shuffle {
  T value;
  int from;
  T got;
};

template <class T>
static inline T shuffle(unsigned mask, T value, int from, int line) {
  demand_full(mask, line);
  Shuffle<T> mine{value, from, value};
  stop(At::collective, line,
       [](void* const* lanes) {
         for (int i = 0; i < 32; i++) {
           auto* lane = (Shuffle<T>*)lanes[i];
           lane->got = ((Shuffle<T>*)lanes[lane->from])->value;
         }
       },
       &mine);
  return mine.got;
}

static inline int lane() {
  return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
}

struct Vote {
  bool yes;
  unsigned ballot;
};

static inline unsigned ballot(unsigned mask, bool yes, int line) {
  demand_full(mask, line);
  Vote mine{yes, 0};
  stop(At::collective, line,
       [](void* const* lanes) {
         unsigned all = 0;
         for (int i = 0; i < 32; i++) all |= (unsigned)((Vote*)lanes[i])->yes << i;
         for (int i = 0; i < 32; i++) ((Vote*)lanes[i])->ballot = all;
       },
       &mine);
  return mine.ballot;
}

/// What a lane brings to and takes from mma.sync.m16n8k16 (16-bit) or .m16n8k32 (8-bit): four C or D, four A, two B.
template <class Sum>
struct Mma {
  Sum* d;
  const unsigned* a;
  const unsigned* b;
};

/// The product by the fragment layouts of the PTX manual: group = lane / 4, thread = lane % 4. A register holds `per`
/// neighbours along k, beginning at k = thread * per, those of a[2], a[3] and b[1] half of K further on; a[0], a[2]
/// belong to row `group`, a[1], a[3] to row group + 8; b to column `group`; d to columns thread * 2 and + 1, d[0], d[1] of
/// row `group`, d[2], d[3] of row group + 8.
template <class Sum, class Value>
static inline void multiply(void* const* lanes) {
  constexpr int per = 4 / sizeof(Value), deep = 8 * per;
  Sum a[16][deep], b[8][deep];
  for (int i = 0; i < 32; i++) {
    const auto* lane = (const Mma<Sum>*)lanes[i];
    const int group = i / 4, first = i % 4 * per;
    for (int part = 0; part < 2; part++) {
      Value low[per], high[per], column[per];
      std::memcpy(low, &lane->a[2 * part], 4);
      std::memcpy(high, &lane->a[2 * part + 1], 4);
      std::memcpy(column, &lane->b[part], 4);
      for (int j = 0; j < per; j++) {
        const int k = part * deep / 2 + first + j;
        a[group][k] = (Sum)low[j];
        a[group + 8][k] = (Sum)high[j];
        b[group][k] = (Sum)column[j];
      }
    }
  }
  for (int i = 0; i < 32; i++) {
    const auto* lane = (const Mma<Sum>*)lanes[i];
    for (int j = 0; j < 4; j++) {
      const int row = i / 4 + (j / 2) * 8, column = i % 4 * 2 + j % 2;
      Sum sum = 0;
      for (int k = 0; k < deep; k++) sum += a[row][k] * b[column][k];
      lane->d[j] += sum;
    }
  }
}

template <class Sum, class Value>
static inline void mma(Sum* d, const unsigned* a, const unsigned* b, int line) {
  Mma<Sum> mine{d, a, b};
  stop(At::collective, line, multiply<Sum, Value>, &mine);
}

/// d += a * b: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
static inline void mma_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
  mma<float, __half>(d, a, b, line);
}
/// d += a * b: mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32
static inline void mma_s8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
  mma<int, int8_t>(d, a, b, line);
}

}  // namespace shim

static inline void __syncthreads(int line = __builtin_LINE()) { shim::stop(shim::At::barrier, line); }
static inline void __syncwarp(unsigned mask = ~0u, int line = __builtin_LINE()) { shim::ballot(mask, true, line); }
static inline unsigned __ballot_sync(unsigned mask, int yes, int line = __builtin_LINE()) {
  return shim::ballot(mask, yes != 0, line);
}
static inline int __any_sync(unsigned mask, int yes, int line = __builtin_LINE()) {
  return shim::ballot(mask, yes != 0, line) != 0;
}
static inline int __all_sync(unsigned mask, int yes, int line = __builtin_LINE()) {
  return shim::ballot(mask, yes != 0, line) == ~0u;
}
template <class T>
static inline T __shfl_sync(unsigned mask, T value, int from, int line = __builtin_LINE()) {
  return shim::shuffle(mask, value, from & 31, line);
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int other, int line = __builtin_LINE()) {
  return shim::shuffle(mask, value, (shim::lane() ^ other) & 31, line);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned by, int line = __builtin_LINE()) {
  const int from = shim::lane() + (int)by;
  return shim::shuffle(mask, value, from < 32 ? from : shim::lane(), line);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned by, int line = __builtin_LINE()) {
  const int from = shim::lane() - (int)by;
  return shim::shuffle(mask, value, from >= 0 ? from : shim::lane(), line);
}

#define SHIM_EXPORT(kernel, meets)                                                                                       \
  extern "C" int kernel##__host(dim3 grid, dim3 block, unsigned shared_bytes, void** params, const void* packed,         \
                                size_t size) {                                                                           \
    return shim::launch(#kernel, kernel, meets, grid, block, shared_bytes, params, packed, size);                        \
  }
#define HOST_EXPORT(kernel) SHIM_EXPORT(kernel, false)
#define HOST_EXPORT_COLLECTIVE(kernel) SHIM_EXPORT(kernel, true)

/// What was wrong with the last launch that failed.
extern "C" inline __attribute__((used)) const char* shim_error() { return shim::error.c_str(); }
extern "C" inline __attribute__((used)) void shim_backwards(int yes) { shim::backwards = yes != 0; }
