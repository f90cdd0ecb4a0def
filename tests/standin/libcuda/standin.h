// A CUDA driver without a GPU, for tests: the calls that the appliance makes, on an ordinary
// processor, and stricter than hardware wherever a mistake could otherwise go unseen.
//
//   context.c   the device, the primary context of each thread, counts, and what went wrong
//   memory.c    memory between zones that cannot be touched; what is freed can never be touched again
//   stream.c    work waits in its stream until somebody waits for it; events
//   copy.c      copies and fills
//   kernel.c    kernels of a shared object that was built through tests/kernels/shim.hpp
//   graph.c     capture and replay
//   absent.c    what pycuda links to and nobody here calls: it answers "not supported"
//
// Every signature is checked by the compiler against NVIDIA's own cuda.h.
#pragma once
#define _GNU_SOURCE
#pragma GCC visibility push(default)
#include <cuda.h>
#pragma GCC visibility pop
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

// ---- context.c
// What tests ask for by name; see COUNTS in context.c.
enum count {
  ALLOCATIONS, FREES, LIVE_BYTES, LIVE_BLOCKS, LAUNCHES, COPIES, FILLS, CALLS, WAITS, HIDDEN, PAGEABLE,
  GRAPH_LAUNCHES, COUNTS
};
void tally(enum count what, long long more);

/// Say why, on stderr and for `standin_words`, and give the error back.
CUresult refuse(CUresult error, const char* words, ...) __attribute__((format(printf, 2, 3)));
/// As `refuse`, for what spoils a context on hardware: every later call fails too.
CUresult spoil(CUresult error, const char* words, ...) __attribute__((format(printf, 2, 3)));
CUresult demand_context(const char* call);

#define DEMAND_CONTEXT                              \
  do {                                              \
    CUresult none_ = demand_context(__func__);      \
    if (none_ != CUDA_SUCCESS) return none_;        \
  } while (0)
#define TRY(step)                                   \
  do {                                              \
    CUresult error_ = (step);                       \
    if (error_ != CUDA_SUCCESS) return error_;      \
  } while (0)

extern pthread_mutex_t mutex;  // of everything below; never held while work runs

// ---- memory.c
enum kind { DEVICE = 1, PINNED = 2 };
enum place { NOWHERE, INSIDE, ACROSS, FREED };
/// Where [at, at + bytes) lies among the allocations; `kind` is set where it lies inside one.
enum place find_place(uintptr_t at, size_t bytes, enum kind* kind);
CUresult demand_inside(const char* call, uintptr_t at, size_t bytes);
/// Whether something that is no allocation of ours is mapped at this address.
bool is_foreign(uintptr_t at);
/// Look for writes that went past an allocation's end or before its beginning.
CUresult check_fences(void);

// ---- stream.c
typedef struct Work Work;
struct Work {
  Work* next;
  size_t bytes;  // of all of it, so that a graph can clone it
  uint64_t ticket;
  CUresult (*run)(Work*);
  void (*enqueued)(Work*);  // what shows that nobody may look at its result yet, or null
  CUresult (*ready)(Work*);  // whether a graph may still be launched with it, or null
  void (*dropped)(Work*);
};
struct CUstream_st {
  CUstream next;
  Work* head;
  Work** tail;
  uint64_t last, done;  // tickets
  bool busy;
  pthread_t runner;
  CUgraph capture;
  CUstreamCaptureMode mode;
  pthread_t captured_by;
  bool spoilt;  // the capture
};
Work* new_work(size_t bytes, CUresult (*run)(Work*));
void drop_work(Work* work);
void append_to_graph(CUgraph graph, Work* work);
/// Put it into the stream, or into the graph that the stream is captured for; takes `work`.
CUresult enqueue(const char* call, CUstream stream, Work* work);
CUresult demand_stream(const char* call, CUstream stream);
CUresult drain(CUstream stream, uint64_t upto);
/// Run everything: a call that makes the processor wait without saying so.
CUresult drain_all(void);
/// Refuse what a capture forbids, and spoil the capture, as the driver does.
CUresult demand_no_capture(const char* call);
bool default_stream_allowed(void);

// ---- kernel.c
/// Run `step` so that a touch of forbidden memory is an error of the GPU, not the end of the process.
CUresult guarded(CUresult (*step)(Work*), Work* work);
