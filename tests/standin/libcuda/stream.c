// Streams and events. Work waits in its stream until somebody waits for it, as late as hardware ever
// could be: who reads a result too early reads a pattern. `standin_hasten(1)` runs it at once, as
// soon as hardware ever could: who writes an input too late is caught by that.
#include "standin.h"

#include <stdio.h>
#include <time.h>

struct CUevent_st {
  CUevent next;
  CUstream stream;  // of the last record
  uint64_t ticket;
  bool recorded, done;
  double at_ms;
};

static CUstream streams;
static CUevent events;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static bool hasty;

/// 1: run work as soon as it is enqueued. 0: as late as possible, which is usual.
EXPORT void standin_hasten(int yes) { hasty = yes; }

bool default_stream_allowed(void) { return getenv("STANDIN_DEFAULT_STREAM") != NULL; }

Work* new_work(size_t bytes, CUresult (*run)(Work*)) {
  Work* work = calloc(1, bytes);
  work->bytes = bytes;
  work->run = run;
  return work;
}

void drop_work(Work* work) {
  if (work->dropped) work->dropped(work);
  free(work);
}

CUresult demand_stream(const char* call, CUstream stream) {
  // NULL, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD
  if ((uintptr_t)stream <= 2)
    return refuse(CUDA_ERROR_INVALID_HANDLE, "%s on a default stream, which waits for every other", call);
  pthread_mutex_lock(&mutex);
  CUstream known = streams;
  while (known && known != stream) known = known->next;
  pthread_mutex_unlock(&mutex);
  return known ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_HANDLE, "%s: no such stream", call);
}

CUresult demand_no_capture(const char* call) {
  bool forbidden = false;
  pthread_mutex_lock(&mutex);
  for (CUstream stream = streams; stream; stream = stream->next) {
    const bool own = stream->capture && pthread_equal(stream->captured_by, pthread_self());
    const bool every = stream->capture && stream->mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (every || (own && stream->mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)) forbidden = stream->spoilt = true;
  }
  pthread_mutex_unlock(&mutex);
  if (!forbidden) return CUDA_SUCCESS;
  return refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "%s while a stream is captured", call);
}

CUresult enqueue(const char* call, CUstream stream, Work* work) {
  CUresult known = demand_stream(call, stream);
  if (known != CUDA_SUCCESS) {
    drop_work(work);
    return known;
  }
  pthread_mutex_lock(&mutex);
  if (stream->capture) {
    append_to_graph(stream->capture, work);
    pthread_mutex_unlock(&mutex);
    return CUDA_SUCCESS;
  }
  if (work->enqueued) work->enqueued(work);
  work->ticket = ++stream->last;
  *stream->tail = work;
  stream->tail = &work->next;
  pthread_mutex_unlock(&mutex);
  return hasty ? drain(stream, UINT64_MAX) : CUDA_SUCCESS;
}

static Work* pop(CUstream stream, uint64_t upto) {
  Work* work = stream->head;
  if (!work || work->ticket > upto) return NULL;
  stream->head = work->next;
  if (!stream->head) stream->tail = &stream->head;
  work->next = NULL;
  return work;
}

CUresult drain(CUstream stream, uint64_t upto) {
  CUresult result = CUDA_SUCCESS;
  pthread_mutex_lock(&mutex);
  while (stream->busy) {
    // Work that calls back into Python may free memory there, which waits for the stream: for itself.
    if (pthread_equal(stream->runner, pthread_self())) {
      pthread_mutex_unlock(&mutex);
      return CUDA_SUCCESS;
    }
    pthread_cond_wait(&idle, &mutex);
  }
  stream->busy = true;
  stream->runner = pthread_self();
  for (Work* work; (work = pop(stream, upto));) {
    // Not held while work runs: it may be Python, which waits for a thread that waits for us.
    pthread_mutex_unlock(&mutex);
    if (result == CUDA_SUCCESS) result = work->run(work);
    pthread_mutex_lock(&mutex);
    stream->done = work->ticket;
    drop_work(work);
  }
  stream->busy = false;
  pthread_cond_broadcast(&idle);
  pthread_mutex_unlock(&mutex);
  return result;
}

CUresult drain_all(void) {
  bool waited = false;
  for (CUstream stream = streams; stream; stream = stream->next) {
    waited |= stream->head != NULL;
    TRY(drain(stream, UINT64_MAX));
  }
  if (waited) tally(HIDDEN, 1);
  return CUDA_SUCCESS;
}

// ---- Streams
CUresult cuStreamCreate(CUstream* stream, unsigned int flags) {
  DEMAND_CONTEXT;
  if (flags > CU_STREAM_NON_BLOCKING) return CUDA_ERROR_INVALID_VALUE;
  *stream = calloc(1, sizeof **stream);
  (*stream)->tail = &(*stream)->head;
  pthread_mutex_lock(&mutex);
  (*stream)->next = streams;
  streams = *stream;
  pthread_mutex_unlock(&mutex);
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream stream) {
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  TRY(drain(stream, UINT64_MAX));
  pthread_mutex_lock(&mutex);
  for (CUstream* link = &streams; *link; link = &(*link)->next)
    if (*link == stream) {
      *link = stream->next;
      break;
    }
  for (CUevent event = events; event; event = event->next)
    if (event->stream == stream) event->stream = NULL;
  pthread_mutex_unlock(&mutex);
  free(stream);
  return CUDA_SUCCESS;
}

static CUresult demand_not_captured(const char* call, CUstream stream) {
  TRY(demand_stream(call, stream));
  if (!stream->capture) return CUDA_SUCCESS;
  stream->spoilt = true;
  return refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "%s of a stream that is captured", call);
}

static CUresult wait_for(CUstream stream, uint64_t upto) {
  tally(WAITS, 1);
  TRY(drain(stream, upto));
  return check_fences();
}

CUresult cuStreamSynchronize(CUstream stream) {
  DEMAND_CONTEXT;
  TRY(demand_not_captured(__func__, stream));
  return wait_for(stream, UINT64_MAX);
}

CUresult cuCtxSynchronize(void) {
  DEMAND_CONTEXT;
  TRY(demand_no_capture(__func__));
  tally(WAITS, 1);
  for (CUstream stream = streams; stream; stream = stream->next) TRY(drain(stream, UINT64_MAX));
  return check_fences();
}

/// Let one more step happen, so that who asks again and again is answered in the end.
static CUresult step(CUstream stream, uint64_t upto) {
  const uint64_t next = stream->done + 1;
  TRY(drain(stream, next < upto ? next : upto));
  return stream->done >= upto ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult cuStreamQuery(CUstream stream) {
  DEMAND_CONTEXT;
  TRY(demand_not_captured(__func__, stream));
  return step(stream, stream->last);
}

// ---- Work of others: the stand-in of TensorRT
typedef struct {
  Work work;
  void (*call)(void*);
  void* given;
} Call;

static CUresult run_call(Work* work) {
  ((Call*)work)->call(((Call*)work)->given);
  return CUDA_SUCCESS;
}

static CUresult enqueue_call(const char* caller, CUstream stream, void (*call)(void*), void* given) {
  Call* work = (Call*)new_work(sizeof *work, run_call);
  work->call = call;
  work->given = given;
  tally(CALLS, 1);
  return enqueue(caller, stream, &work->work);
}

/// Do something in the stream, when everything before it has been done.
EXPORT CUresult standin_enqueue(CUstream stream, void (*call)(void*), void* given) {
  DEMAND_CONTEXT;
  return enqueue_call(__func__, stream, call, given);
}

CUresult cuLaunchHostFunc(CUstream stream, CUhostFn call, void* given) {
  DEMAND_CONTEXT;
  return enqueue_call(__func__, stream, call, given);
}

// ---- Events
typedef struct {
  Work work;
  CUevent event;
} Record;

static CUresult demand_event(const char* call, CUevent event) {
  pthread_mutex_lock(&mutex);
  CUevent known = events;
  while (known && known != event) known = known->next;
  pthread_mutex_unlock(&mutex);
  return known ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_HANDLE, "%s: no such event", call);
}

static CUresult run_record(Work* work) {
  CUevent event = ((Record*)work)->event;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  event->at_ms = 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
  event->done = work->ticket == event->ticket;  // not where it was recorded again meanwhile
  return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent* event, unsigned int flags) {
  (void)flags;
  DEMAND_CONTEXT;
  *event = calloc(1, sizeof **event);
  pthread_mutex_lock(&mutex);
  (*event)->next = events;
  events = *event;
  pthread_mutex_unlock(&mutex);
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy(CUevent event) {
  DEMAND_CONTEXT;
  TRY(demand_event(__func__, event));
  if (event->recorded && !event->done && event->stream) TRY(drain(event->stream, event->ticket));
  pthread_mutex_lock(&mutex);
  for (CUevent* link = &events; *link; link = &(*link)->next)
    if (*link == event) {
      *link = event->next;
      break;
    }
  pthread_mutex_unlock(&mutex);
  free(event);
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  DEMAND_CONTEXT;
  TRY(demand_event(__func__, event));
  TRY(demand_not_captured(__func__, stream));
  Record* work = (Record*)new_work(sizeof *work, run_record);
  work->event = event;
  event->stream = stream;
  event->ticket = stream->last + 1;
  event->recorded = true;
  event->done = false;
  return enqueue(__func__, stream, &work->work);
}

CUresult cuEventSynchronize(CUevent event) {
  DEMAND_CONTEXT;
  TRY(demand_event(__func__, event));
  if (!event->recorded || event->done) return CUDA_SUCCESS;
  return wait_for(event->stream, event->ticket);
}

CUresult cuEventQuery(CUevent event) {
  DEMAND_CONTEXT;
  TRY(demand_event(__func__, event));
  return !event->recorded || event->done ? CUDA_SUCCESS : step(event->stream, event->ticket);
}

CUresult cuEventElapsedTime(float* ms, CUevent from, CUevent to) {
  DEMAND_CONTEXT;
  TRY(demand_event(__func__, from));
  TRY(demand_event(__func__, to));
  if (!from->recorded || !to->recorded) return refuse(CUDA_ERROR_INVALID_HANDLE, "an event that was never recorded");
  if (!from->done || !to->done) return CUDA_ERROR_NOT_READY;
  *ms = (float)(to->at_ms - from->at_ms);
  return CUDA_SUCCESS;
}

// Of CUDA 13, whose header this is not.
EXPORT CUresult cuEventElapsedTime_v2(float* ms, CUevent from, CUevent to) { return cuEventElapsedTime(ms, from, to); }

typedef struct {
  Work work;
  CUstream other;
  uint64_t ticket;
} Await;

static CUresult run_await(Work* work) {
  const Await* await = (Await*)work;
  CUresult gone = demand_stream("an event that is waited for", await->other);
  return gone == CUDA_SUCCESS ? drain(await->other, await->ticket) : gone;
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags) {
  (void)flags;
  DEMAND_CONTEXT;
  TRY(demand_event(__func__, event));
  TRY(demand_not_captured(__func__, stream));
  if (!event->recorded || event->done) return CUDA_SUCCESS;
  Await* work = (Await*)new_work(sizeof *work, run_await);
  work->other = event->stream;
  work->ticket = event->ticket;
  return enqueue(__func__, stream, &work->work);
}
