// Copies and fills. In a stream they are done late; what a copy will bring here shows a pattern until
// then. Those without a stream use the default one and are refused.
#include "standin.h"

#define EARLY 0xCD

typedef struct {
  Work work;
  void* to;
  const void* from;
  size_t bytes;
  unsigned char staged[];  // pageable memory is read when the call is made, as the driver does
} Copy;

static void show_pattern(Work* work) { memset(((Copy*)work)->to, EARLY, ((Copy*)work)->bytes); }

static CUresult still_there(Work* work) {
  const Copy* copy = (Copy*)work;
  TRY(demand_inside("a copy of a graph", (uintptr_t)copy->from, copy->bytes));
  return demand_inside("a copy of a graph", (uintptr_t)copy->to, copy->bytes);
}

static CUresult do_copy(Work* work) {
  const Copy* copy = (Copy*)work;
  memmove(copy->to, copy->from ? copy->from : copy->staged, copy->bytes);
  return CUDA_SUCCESS;
}

static CUresult run_copy(Work* work) { return guarded(do_copy, work); }

static Copy* new_copy(void* to, const void* from, size_t bytes, bool staged) {
  Copy* copy = (Copy*)new_work(sizeof *copy + (staged ? bytes : 0), run_copy);
  copy->to = to;
  copy->from = staged ? NULL : from;
  copy->bytes = bytes;
  copy->work.ready = staged ? NULL : still_there;
  if (staged) memcpy(copy->staged, from, bytes);
  tally(COPIES, 1);
  return copy;
}

/// Whether memory of the computer is pinned; an error where it is so only in part, or was freed.
static CUresult ask_pinned(const char* call, const void* at, size_t bytes, bool* pinned) {
  const enum place place = find_place((uintptr_t)at, bytes, NULL);
  *pinned = place == INSIDE;
  return place == INSIDE || place == NOWHERE ? CUDA_SUCCESS : demand_inside(call, (uintptr_t)at, bytes);
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  bool pinned = false;
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  TRY(demand_inside(__func__, to, bytes));
  TRY(ask_pinned(__func__, from, bytes, &pinned));
  if (!pinned) tally(PAGEABLE, 1);
  return enqueue(__func__, stream, &new_copy((void*)to, from, bytes, !pinned)->work);
}

CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  bool pinned = false;
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  TRY(demand_inside(__func__, from, bytes));
  TRY(ask_pinned(__func__, to, bytes, &pinned));
  Copy* copy = new_copy(to, (const void*)from, bytes, false);
  if (pinned) {
    copy->work.enqueued = show_pattern;
    return enqueue(__func__, stream, &copy->work);
  }
  // As on hardware: the call comes back when the copy is done.
  tally(PAGEABLE, 1), tally(HIDDEN, 1);
  TRY(enqueue(__func__, stream, &copy->work));
  return drain(stream, UINT64_MAX);
}

CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  TRY(demand_inside(__func__, to, bytes));
  TRY(demand_inside(__func__, from, bytes));
  return enqueue(__func__, stream, &new_copy((void*)to, (const void*)from, bytes, false)->work);
}

// ---- Fills
typedef struct {
  Work work;
  unsigned char* to;
  unsigned value;
  size_t width, count;
} Fill;

static CUresult fill_is_there(Work* work) {
  const Fill* fill = (Fill*)work;
  return demand_inside("a fill of a graph", (uintptr_t)fill->to, fill->width * fill->count);
}

static CUresult do_fill(Work* work) {
  const Fill* fill = (Fill*)work;
  for (size_t i = 0; i < fill->count; i++) memcpy(fill->to + i * fill->width, &fill->value, fill->width);
  return CUDA_SUCCESS;
}

static CUresult run_fill(Work* work) { return guarded(do_fill, work); }

static CUresult fill_async(const char* call, CUdeviceptr to, unsigned value, size_t width, size_t count, CUstream stream) {
  TRY(demand_context(call));
  TRY(demand_stream(call, stream));
  TRY(demand_inside(call, to, width * count));
  if (to % width) return refuse(CUDA_ERROR_INVALID_VALUE, "%s: not aligned", call);
  Fill* fill = (Fill*)new_work(sizeof *fill, run_fill);
  fill->to = (unsigned char*)to;
  fill->value = value;
  fill->width = width;
  fill->count = count;
  fill->work.ready = fill_is_there;
  tally(FILLS, 1);
  return enqueue(call, stream, &fill->work);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  return fill_async(__func__, to, value, 1, count, stream);
}

CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
  return fill_async(__func__, to, value, 2, count, stream);
}

CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int value, size_t count, CUstream stream) {
  return fill_async(__func__, to, value, 4, count, stream);
}

// ---- Without a stream
static CUresult at_once(const char* call, void* to, const void* from, size_t bytes) {
  TRY(demand_context(call));
  if (!default_stream_allowed()) return refuse(CUDA_ERROR_INVALID_HANDLE, "%s uses the default stream", call);
  TRY(demand_no_capture(call));
  TRY(drain_all());
  Copy* copy = new_copy(to, from, bytes, false);
  const CUresult result = run_copy(&copy->work);
  drop_work(&copy->work);
  return result;
}

CUresult cuMemcpyHtoD(CUdeviceptr to, const void* from, size_t bytes) {
  TRY(demand_inside(__func__, to, bytes));
  return at_once(__func__, (void*)to, from, bytes);
}

CUresult cuMemcpyDtoH(void* to, CUdeviceptr from, size_t bytes) {
  TRY(demand_inside(__func__, from, bytes));
  return at_once(__func__, to, (const void*)from, bytes);
}

CUresult cuMemcpyDtoD(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  TRY(demand_inside(__func__, to, bytes));
  TRY(demand_inside(__func__, from, bytes));
  return at_once(__func__, (void*)to, (const void*)from, bytes);
}
