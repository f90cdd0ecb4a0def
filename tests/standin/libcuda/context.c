// The device, and the primary context, which is current on a thread only where the thread made it so.
#include "standin.h"

#include <stdarg.h>
#include <stdio.h>

#define MOST_PUSHED 16

struct CUctx_st {
  int retained;
};

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct CUctx_st primary;
static bool ready;
static CUresult sticky;
static long long counts[COUNTS];
static const char* const names[COUNTS] = {
    "allocations", "frees", "live_bytes", "live_blocks", "launches", "copies", "fills", "calls", "waits",
    "hidden_waits", "pageable", "graph_launches"};
static char words[512];
static __thread CUcontext pushed[MOST_PUSHED];
static __thread int depth;

void tally(enum count what, long long more) { __atomic_add_fetch(&counts[what], more, __ATOMIC_RELAXED); }

/// One of `names` above, since the process began; -1 for another name.
EXPORT long long standin_count(const char* name) {
  for (int i = 0; i < COUNTS; i++)
    if (!strcmp(name, names[i])) return __atomic_load_n(&counts[i], __ATOMIC_RELAXED);
  return -1;
}

/// Why the last call that was refused was refused.
EXPORT const char* standin_words(void) { return words; }

static void say(const char* format, va_list arguments) {
  vsnprintf(words, sizeof words, format, arguments);
  fprintf(stderr, "stand-in: %s\n", words);
}

CUresult refuse(CUresult error, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
  return error;
}

CUresult spoil(CUresult error, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
  sticky = error;
  return error;
}

CUresult demand_context(const char* call) {
  if (!ready) return refuse(CUDA_ERROR_NOT_INITIALIZED, "%s before cuInit", call);
  if (!depth) return refuse(CUDA_ERROR_INVALID_CONTEXT, "%s on a thread without a context", call);
  return sticky;
}

CUresult cuInit(unsigned int flags) {
  if (getenv("STANDIN_NO_GPU")) return refuse(CUDA_ERROR_NO_DEVICE, "a computer without a GPU");
  ready = true;
  return flags ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int* version) {
  *version = CUDA_VERSION;
  return CUDA_SUCCESS;
}

// ---- The device: one that is like an Orin NX in what the appliance asks for.
static CUresult demand_device(int device) {
  if (!ready) return refuse(CUDA_ERROR_NOT_INITIALIZED, "a device before cuInit");
  return device ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  *count = 1;
  return demand_device(0);
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = 0;
  return demand_device(ordinal);
}

CUresult cuDeviceGetName(char* name, int size, CUdevice device) {
  TRY(demand_device(device));
  snprintf(name, (size_t)size, "stand-in (no GPU)");
  return CUDA_SUCCESS;
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  *major = 8;
  *minor = 7;
  return demand_device(device);
}

CUresult cuDeviceGetPCIBusId(char* id, int size, CUdevice device) {
  TRY(demand_device(device));
  snprintf(id, (size_t)size, "0000:00:00.0");
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute what, CUdevice device) {
  static const struct {
    CUdevice_attribute what;
    int value;
  } known[] = {
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 64},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 0x7FFFFFFF},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 65535},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 65535},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 48 << 10},
      {CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32},
      {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 8},
      {CU_DEVICE_ATTRIBUTE_INTEGRATED, 1},
      {CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 1},
      {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
      {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 2 << 20},
      {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 128},
      {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 3199000},
      {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 918000},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 8},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 7},
  };
  TRY(demand_device(device));
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].what == what) {
      *value = known[i].value;
      return CUDA_SUCCESS;
    }
  return refuse(CUDA_ERROR_NOT_SUPPORTED, "the stand-in has no attribute %d", (int)what);
}

// ---- The context
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  TRY(demand_device(device));
  primary.retained++;
  *context = &primary;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
  TRY(demand_device(device));
  if (!primary.retained) return refuse(CUDA_ERROR_INVALID_CONTEXT, "the context is released more often than retained");
  primary.retained--;
  return CUDA_SUCCESS;
}

CUresult cuCtxCreate(CUcontext* context, unsigned int flags, CUdevice device) {
  (void)context, (void)flags, (void)device;
  return refuse(CUDA_ERROR_NOT_SUPPORTED,
                "a second context; jetson-utils and TensorRT share only the primary one");
}

CUresult cuCtxCreate_v4(CUcontext* context, CUctxCreateParams* parameters, unsigned int flags, CUdevice device) {
  (void)parameters;
  return cuCtxCreate(context, flags, device);
}

CUresult cuCtxPushCurrent(CUcontext context) {
  if (context != &primary) return refuse(CUDA_ERROR_INVALID_CONTEXT, "a context that is not the primary one");
  if (depth == MOST_PUSHED) return refuse(CUDA_ERROR_INVALID_VALUE, "%d contexts are pushed already", MOST_PUSHED);
  pushed[depth++] = context;
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent(CUcontext* context) {
  if (!depth) return refuse(CUDA_ERROR_INVALID_CONTEXT, "a context is popped on a thread without one");
  depth--;
  if (context) *context = pushed[depth];
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  *context = depth ? pushed[depth - 1] : NULL;
  return ready ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

CUresult cuCtxGetDevice(CUdevice* device) {
  DEMAND_CONTEXT;
  *device = 0;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext context, unsigned int* version) {
  (void)context;
  *version = CUDA_VERSION;
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char** name) {
  static const struct {
    CUresult error;
    const char* name;
  } known[] = {
#define NAME(error) {error, #error}
      NAME(CUDA_SUCCESS), NAME(CUDA_ERROR_INVALID_VALUE), NAME(CUDA_ERROR_OUT_OF_MEMORY),
      NAME(CUDA_ERROR_NOT_INITIALIZED), NAME(CUDA_ERROR_NO_DEVICE), NAME(CUDA_ERROR_INVALID_DEVICE),
      NAME(CUDA_ERROR_INVALID_IMAGE), NAME(CUDA_ERROR_INVALID_CONTEXT), NAME(CUDA_ERROR_FILE_NOT_FOUND),
      NAME(CUDA_ERROR_INVALID_HANDLE), NAME(CUDA_ERROR_NOT_FOUND), NAME(CUDA_ERROR_NOT_READY),
      NAME(CUDA_ERROR_ILLEGAL_ADDRESS), NAME(CUDA_ERROR_LAUNCH_FAILED), NAME(CUDA_ERROR_NOT_SUPPORTED),
      NAME(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED), NAME(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED),
      NAME(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT),
#undef NAME
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].error == error) {
      *name = known[i].name;
      return CUDA_SUCCESS;
    }
  *name = "an error that the stand-in does not name";
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  cuGetErrorName(error, text);
  return CUDA_SUCCESS;
}
