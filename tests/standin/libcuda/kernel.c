// Kernels. A module's image is "HOSTMOD:" and the path of a shared object in which every kernel has
// the twin `kernel__host` that tests/kernels/shim.hpp makes.
#include "standin.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

typedef struct {
  unsigned x, y, z;
} Size;
typedef int (*Twin)(Size grid, Size block, unsigned shared_bytes, void** params, const void* packed, size_t bytes);

struct CUmod_st {
  void* library;
  const char* (*error)(void);
  bool unloaded;
};

struct CUfunc_st {
  CUmodule module;
  char name[64];
  Twin twin;
  size_t bytes;  // of its arguments
  long long launches;
  CUfunction next;
};

static CUfunction functions;

// ---- Faults
static __thread sigjmp_buf* escape;
static __thread void* fault;
static struct sigaction before[2];
static const int signals[2] = {SIGSEGV, SIGBUS};
static int guards;

static void on_fault(int number, siginfo_t* told, void* context) {
  (void)context;
  if (escape) {
    fault = told->si_addr;
    siglongjmp(*escape, 1);
  }
  // Somebody else's: the instruction is tried again and meets whoever listened before.
  sigaction(number, &before[number == SIGBUS], NULL);
}

static void listen(bool yes) {
  struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < 2; i++) {
    if (yes && !guards) sigaction(signals[i], &ours, &before[i]);
    if (!yes && guards == 1) sigaction(signals[i], &before[i], NULL);
  }
  guards += yes ? 1 : -1;
  pthread_mutex_unlock(&mutex);
}

CUresult guarded(CUresult (*step)(Work*), Work* work) {
  sigjmp_buf here;
  CUresult result = CUDA_SUCCESS;
  listen(true);
  if (!sigsetjmp(here, 1)) {
    escape = &here;
    result = step(work);
  } else {
    result = spoil(CUDA_ERROR_ILLEGAL_ADDRESS, "memory was touched that is no allocation, or no longer (%s)",
                   find_place((uintptr_t)fault, 0, NULL) == FREED ? "freed" : "beyond one");
  }
  escape = NULL;
  listen(false);
  return result;
}

// ---- Modules
static CUresult load(CUmodule* module, const char* image) {
  static const char magic[] = "HOSTMOD:";
  TRY(demand_no_capture("cuModuleLoadData"));
  if (strncmp(image, magic, sizeof magic - 1) || strnlen(image, 4096) == 4096)
    return refuse(CUDA_ERROR_INVALID_IMAGE, "the image is none of the stand-in's");
  void* library = dlopen(image + sizeof magic - 1, RTLD_NOW | RTLD_LOCAL);
  if (!library) return refuse(CUDA_ERROR_FILE_NOT_FOUND, "%s", dlerror());
  *module = calloc(1, sizeof **module);
  (*module)->library = library;
  *(void**)&(*module)->error = dlsym(library, "shim_error");
  return (*module)->error ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_IMAGE, "not built through shim.hpp");
}

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  DEMAND_CONTEXT;
  return load(module, image);
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned int count, CUjit_option* options, void** values) {
  (void)count, (void)options, (void)values;
  DEMAND_CONTEXT;
  return load(module, image);
}

CUresult cuModuleUnload(CUmodule module) {
  DEMAND_CONTEXT;
  TRY(drain_all());
  module->unloaded = true;
  return CUDA_SUCCESS;
}

/// Ask the twin how many bytes it takes, by giving it none.
static size_t ask_bytes(CUfunction function) {
  const Size one = {1, 1, 1};
  if (!function->twin(one, one, 0, NULL, NULL, 0)) return 0;
  const char* number = strrchr(function->module->error(), ' ');
  return number ? strtoul(number, NULL, 10) : 0;
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  char twin[96];
  DEMAND_CONTEXT;
  snprintf(twin, sizeof twin, "%s__host", name);
  void* found = dlsym(module->library, twin);
  if (!found) return refuse(CUDA_ERROR_NOT_FOUND, "there is no kernel %s", name);
  *function = calloc(1, sizeof **function);
  (*function)->module = module;
  snprintf((*function)->name, sizeof (*function)->name, "%s", name);
  *(void**)&(*function)->twin = found;
  (*function)->bytes = ask_bytes(*function);
  pthread_mutex_lock(&mutex);
  (*function)->next = functions;
  functions = *function;
  pthread_mutex_unlock(&mutex);
  return CUDA_SUCCESS;
}

/// How often the kernel of this name was launched.
EXPORT long long standin_launches(const char* name) {
  long long sum = 0;
  pthread_mutex_lock(&mutex);
  for (CUfunction function = functions; function; function = function->next)
    if (!strcmp(function->name, name)) sum += function->launches;
  pthread_mutex_unlock(&mutex);
  return sum;
}

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute what, CUfunction function) {
  (void)function;
  DEMAND_CONTEXT;
  *value = what == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? 1024 : what == CU_FUNC_ATTRIBUTE_BINARY_VERSION ? 87 : 0;
  return CUDA_SUCCESS;
}

// pycuda says it before every launch, which says it again.
CUresult cuFuncSetBlockShape(CUfunction function, int x, int y, int z) {
  (void)function, (void)x, (void)y, (void)z;
  DEMAND_CONTEXT;
  return CUDA_SUCCESS;
}

// ---- Launches
typedef struct {
  Work work;
  CUfunction function;
  Size grid, block;
  size_t bytes;
  unsigned char packed[] __attribute__((aligned(16)));
} Launch;

static CUresult do_launch(Work* work) {
  const Launch* launch = (Launch*)work;
  const CUfunction function = launch->function;
  const int failed = function->twin(launch->grid, launch->block, 0, NULL, launch->packed, launch->bytes);
  if (!failed) return CUDA_SUCCESS;
  return spoil(CUDA_ERROR_LAUNCH_FAILED, "%s", function->module->error());
}

static CUresult run_launch(Work* work) { return guarded(do_launch, work); }

/// Look for pointers among the arguments, in structures too: to memory that was freed, or that a GPU
/// cannot reach. Two small numbers side by side can look like an address, but nothing lies there.
static CUresult demand_reachable(Work* work) {
  const Launch* launch = (Launch*)work;
  for (size_t i = 0; i + 8 <= launch->bytes; i += 8) {
    uint64_t value;
    memcpy(&value, launch->packed + i, 8);
    if (value < 1 << 16 || value >> 47) continue;
    if (find_place(value, 0, NULL) == FREED)
      return refuse(CUDA_ERROR_INVALID_VALUE, "%s is given memory that has been freed", launch->function->name);
    if (is_foreign(value))
      return refuse(CUDA_ERROR_INVALID_VALUE, "%s is given memory that the GPU cannot reach", launch->function->name);
  }
  return CUDA_SUCCESS;
}

static bool launchable(Size grid, Size block) {
  const bool some = grid.x && grid.y && grid.z && block.x && block.y && block.z;
  return some && grid.x <= 0x7FFFFFFF && grid.y <= 65535 && grid.z <= 65535 && block.x <= 1024 && block.y <= 1024 &&
         block.z <= 64 && (uint64_t)block.x * block.y * block.z <= 1024;
}

static bool unpack(void** extra, const void** packed, size_t* bytes) {
  *packed = NULL;
  for (; extra && *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) *packed = extra[1];
    if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) *bytes = *(const size_t*)extra[1];
  }
  return *packed != NULL;
}

CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
                        unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared_bytes,
                        CUstream stream, void** params, void** extra) {
  const Size grid = {grid_x, grid_y, grid_z}, block = {block_x, block_y, block_z};
  const void* packed;
  size_t bytes = 0;
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  const char* name = function->name;
  if (function->module->unloaded) return refuse(CUDA_ERROR_INVALID_HANDLE, "%s: its module was unloaded", name);
  if (!launchable(grid, block)) return refuse(CUDA_ERROR_INVALID_VALUE, "%s: a grid or block out of bounds", name);
  if (shared_bytes || params || !unpack(extra, &packed, &bytes))
    return refuse(CUDA_ERROR_NOT_SUPPORTED, "%s: dynamic shared memory, or arguments not in one buffer", name);
  if (bytes != function->bytes)
    return refuse(CUDA_ERROR_INVALID_VALUE, "%s takes %zu bytes of arguments and is given %zu", name, function->bytes, bytes);
  Launch* launch = (Launch*)new_work(sizeof *launch + bytes, run_launch);
  launch->function = function;
  launch->grid = grid;
  launch->block = block;
  launch->bytes = bytes;
  launch->work.ready = demand_reachable;
  memcpy(launch->packed, packed, bytes);
  CUresult reachable = demand_reachable(&launch->work);
  if (reachable != CUDA_SUCCESS) {
    drop_work(&launch->work);
    return reachable;
  }
  function->launches++;
  tally(LAUNCHES, 1);
  return enqueue(__func__, stream, &launch->work);
}
