// Memory, each allocation between two wide zones that cannot be touched and as close to the second as
// alignment allows. What lies between is fenced with a pattern. What has been freed is never mapped
// again while it is among the last RECENT, so that a late reader is caught and not answered.
#include "standin.h"

#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT ((size_t)256)
#define GUARD ((size_t)16 << 20)  // kernels walk in long steps; address space costs nothing
#define RECENT 4096
#define FENCE 0xFD
#define FRESH 0xCD
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

typedef struct Block Block;
struct Block {
  Block* next;
  uintptr_t map, at;
  size_t mapped, size, fenced;  // fenced: all that can be touched
  enum kind kind;
  unsigned flags;
};

static Block* live;
static Block* freed;  // the newest first
static int freed_count;
static size_t limit = (size_t)8 << 30;
static size_t held;

/// How much memory there is, in bytes: a Jetson's GPU and processor share it.
EXPORT void standin_limit(size_t bytes) { limit = bytes; }

static size_t page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static CUresult allocate(enum kind kind, size_t size, unsigned flags, uintptr_t* at) {
  if (held + size > limit) return CUDA_ERROR_OUT_OF_MEMORY;
  const size_t usable = ROUND_UP(size, ALIGNMENT), pages = ROUND_UP(usable, page());
  Block* block = calloc(1, sizeof *block);
  *block = (Block){.mapped = pages + 2 * GUARD, .size = size, .fenced = pages, .kind = kind, .flags = flags};
  void* map = mmap(NULL, block->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED || mprotect((char*)map + GUARD, pages, PROT_READ | PROT_WRITE)) {
    free(block);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  block->map = (uintptr_t)map;
  block->at = block->map + GUARD + pages - usable;
  memset((char*)map + GUARD, FENCE, pages);
  memset((void*)block->at, FRESH, size);
  pthread_mutex_lock(&mutex);
  block->next = live;
  live = block;
  held += size;
  pthread_mutex_unlock(&mutex);
  tally(ALLOCATIONS, 1), tally(LIVE_BLOCKS, 1), tally(LIVE_BYTES, (long long)size);
  *at = block->at;
  return CUDA_SUCCESS;
}

static void forget_oldest(void) {
  Block** oldest = &freed;
  while ((*oldest)->next) oldest = &(*oldest)->next;
  munmap((void*)(*oldest)->map, (*oldest)->mapped);
  free(*oldest);
  *oldest = NULL;
  freed_count--;
}

/// Take the block that begins here out of the list of live ones; null where there is none.
static Block* take_out(uintptr_t at, enum kind kind) {
  for (Block** link = &live; *link; link = &(*link)->next)
    if ((*link)->at == at && (*link)->kind == kind) {
      Block* block = *link;
      *link = block->next;
      return block;
    }
  return NULL;
}

static CUresult give_back(const char* call, uintptr_t at, enum kind kind) {
  // As on hardware, which waits for the whole GPU: a freed address may be in use by work that waits.
  TRY(drain_all());
  TRY(check_fences());
  pthread_mutex_lock(&mutex);
  Block* block = take_out(at, kind);
  if (block) {
    mmap((void*)block->map, block->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    held -= block->size;
    block->next = freed;
    freed = block;
    if (++freed_count > RECENT) forget_oldest();
  }
  pthread_mutex_unlock(&mutex);
  if (!block && find_place(at, 1, NULL) == FREED) return refuse(CUDA_ERROR_INVALID_VALUE, "%s: freed twice", call);
  if (!block) return refuse(CUDA_ERROR_INVALID_VALUE, "%s: not the beginning of an allocation", call);
  tally(FREES, 1), tally(LIVE_BLOCKS, -1), tally(LIVE_BYTES, -(long long)block->size);
  return CUDA_SUCCESS;
}

static const Block* holder(const Block* list, uintptr_t at) {
  for (; list; list = list->next)
    if (at >= list->map && at < list->map + list->mapped) return list;
  return NULL;
}

enum place find_place(uintptr_t at, size_t bytes, enum kind* kind) {
  pthread_mutex_lock(&mutex);
  enum place place = NOWHERE;
  const Block* block = holder(live, at);
  if (block) {
    // At the very end nothing may be read, but an empty part may begin there.
    const bool inside = at >= block->at && at + bytes >= at && at + bytes <= block->at + block->size;
    place = inside ? INSIDE : ACROSS;
    if (kind) *kind = block->kind;
  } else if (holder(freed, at)) {
    place = FREED;
  }
  pthread_mutex_unlock(&mutex);
  return place;
}

CUresult demand_inside(const char* call, uintptr_t at, size_t bytes) {
  switch (find_place(at, bytes, NULL)) {
    case INSIDE:
      return CUDA_SUCCESS;
    case ACROSS:
      return refuse(CUDA_ERROR_INVALID_VALUE, "%s: %zu bytes reach beyond the allocation", call, bytes);
    case FREED:
      return refuse(CUDA_ERROR_INVALID_VALUE, "%s: the memory has been freed", call);
    default:
      return refuse(CUDA_ERROR_INVALID_VALUE, "%s: not memory that the GPU can reach", call);
  }
}

bool is_foreign(uintptr_t at) {
  unsigned char resident;
  return find_place(at, 0, NULL) == NOWHERE && mincore((void*)(at / page() * page()), 1, &resident) == 0;
}

static bool is_fence(uintptr_t from, uintptr_t to) {
  for (; from < to; from++)
    if (*(const unsigned char*)from != FENCE) return false;
  return true;
}

CUresult check_fences(void) {
  size_t broken = 0;
  pthread_mutex_lock(&mutex);
  for (const Block* block = live; block && !broken; block = block->next) {
    const uintptr_t first = block->map + GUARD, last = first + block->fenced;
    if (!is_fence(first, block->at) || !is_fence(block->at + block->size, last)) broken = block->size;
  }
  pthread_mutex_unlock(&mutex);
  if (!broken) return CUDA_SUCCESS;
  return spoil(CUDA_ERROR_ILLEGAL_ADDRESS, "something was written outside an allocation of %zu bytes", broken);
}

/// Whether the GPU may use these bytes: 1 or 0.
EXPORT int standin_device_ok(CUdeviceptr at, size_t bytes) { return find_place(at, bytes, NULL) == INSIDE; }

/// The live allocation with this number, newest first: 1 and its address, bytes and kind (1 of the
/// GPU, 2 pinned), or 0 where there are no more.
EXPORT int standin_block(int number, CUdeviceptr* at, size_t* bytes, int* kind) {
  pthread_mutex_lock(&mutex);
  const Block* block = live;
  while (block && number--) block = block->next;
  if (block) *at = block->at, *bytes = block->size, *kind = block->kind;
  pthread_mutex_unlock(&mutex);
  return block != NULL;
}

CUresult cuMemAlloc(CUdeviceptr* at, size_t bytes) {
  uintptr_t address = 0;
  DEMAND_CONTEXT;
  TRY(demand_no_capture(__func__));
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of no bytes");
  TRY(allocate(DEVICE, bytes, 0, &address));
  *at = address;
  return CUDA_SUCCESS;
}

CUresult cuMemFree(CUdeviceptr at) {
  DEMAND_CONTEXT;
  TRY(demand_no_capture(__func__));
  return give_back(__func__, at, DEVICE);
}

CUresult cuDeviceTotalMem(size_t* bytes, CUdevice device) {
  *bytes = limit;
  return device ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuMemGetInfo(size_t* left, size_t* total) {
  DEMAND_CONTEXT;
  *total = limit;
  *left = held < limit ? limit - held : 0;
  return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange(CUdeviceptr* base, size_t* bytes, CUdeviceptr at) {
  DEMAND_CONTEXT;
  TRY(demand_inside(__func__, at, 1));
  pthread_mutex_lock(&mutex);
  const Block* block = holder(live, at);
  if (base) *base = block->at;
  if (bytes) *bytes = block->size;
  pthread_mutex_unlock(&mutex);
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void** at, size_t bytes, unsigned int flags) {
  uintptr_t address = 0;
  DEMAND_CONTEXT;
  TRY(demand_no_capture(__func__));
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of no bytes");
  TRY(allocate(PINNED, bytes, flags, &address));
  *at = (void*)address;
  return CUDA_SUCCESS;
}

CUresult cuMemFreeHost(void* at) {
  DEMAND_CONTEXT;
  TRY(demand_no_capture(__func__));
  return give_back(__func__, (uintptr_t)at, PINNED);
}

static CUresult find_pinned(const char* call, const void* at, unsigned* flags) {
  pthread_mutex_lock(&mutex);
  const Block* block = holder(live, (uintptr_t)at);
  const bool pinned = block && block->kind == PINNED;
  if (pinned) *flags = block->flags;
  pthread_mutex_unlock(&mutex);
  return pinned ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_VALUE, "%s: not pinned memory", call);
}

CUresult cuMemHostGetDevicePointer(CUdeviceptr* at, void* host, unsigned int reserved) {
  unsigned flags = reserved;
  DEMAND_CONTEXT;
  TRY(find_pinned(__func__, host, &flags));
  if (!(flags & CU_MEMHOSTALLOC_DEVICEMAP)) return refuse(CUDA_ERROR_INVALID_VALUE, "pinned memory that is not mapped");
  *at = (CUdeviceptr)host;
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned int* flags, void* at) {
  DEMAND_CONTEXT;
  return find_pinned(__func__, at, flags);
}
