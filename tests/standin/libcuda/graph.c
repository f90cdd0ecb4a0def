// Capture of a stream into a graph, and its replay: the same work with the same arguments, in order.
#include "standin.h"

struct CUgraph_st {
  Work* head;
  Work** tail;
};

struct CUgraphExec_st {
  struct CUgraph_st works;
  int held;  // by whoever made it, and by each launch that waits
};

static CUgraph new_graph(void) {
  CUgraph graph = calloc(1, sizeof *graph);
  graph->tail = &graph->head;
  return graph;
}

static void drop_works(CUgraph graph) {
  for (Work* work = graph->head; work;) {
    Work* next = work->next;
    drop_work(work);
    work = next;
  }
}

void append_to_graph(CUgraph graph, Work* work) {
  *graph->tail = work;
  graph->tail = &work->next;
}

CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode) {
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  if (stream->capture) return refuse(CUDA_ERROR_ILLEGAL_STATE, "a stream is captured twice");
  stream->capture = new_graph();
  stream->mode = mode;
  stream->captured_by = pthread_self();
  stream->spoilt = false;
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  if (!stream->capture) return refuse(CUDA_ERROR_ILLEGAL_STATE, "a capture ends that was not begun");
  *graph = stream->capture;
  stream->capture = NULL;
  if (!stream->spoilt) return CUDA_SUCCESS;
  drop_works(*graph);
  free(*graph);
  *graph = NULL;
  return refuse(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture was spoilt by a call that it forbids");
}

CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status) {
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  *status = !stream->capture  ? CU_STREAM_CAPTURE_STATUS_NONE
            : stream->spoilt ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                             : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  return CUDA_SUCCESS;
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  static __thread CUstreamCaptureMode mine = CU_STREAM_CAPTURE_MODE_GLOBAL;
  const CUstreamCaptureMode old = mine;
  mine = *mode;
  *mode = old;
  return CUDA_SUCCESS;
}

static CUresult instantiate(CUgraphExec* exec, CUgraph graph) {
  if (!graph) return CUDA_ERROR_INVALID_VALUE;
  *exec = calloc(1, sizeof **exec);
  (*exec)->held = 1;
  (*exec)->works.tail = &(*exec)->works.head;
  for (const Work* work = graph->head; work; work = work->next) {
    Work* clone = malloc(work->bytes);
    memcpy(clone, work, work->bytes);
    clone->next = NULL;
    append_to_graph(&(*exec)->works, clone);
  }
  return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long flags) {
  (void)flags;
  DEMAND_CONTEXT;
  return instantiate(exec, graph);
}

CUresult cuGraphDestroy(CUgraph graph) {
  DEMAND_CONTEXT;
  drop_works(graph);
  free(graph);
  return CUDA_SUCCESS;
}

static void let_go(CUgraphExec exec) {
  if (__atomic_sub_fetch(&exec->held, 1, __ATOMIC_ACQ_REL)) return;
  drop_works(&exec->works);
  free(exec);
}

CUresult cuGraphExecDestroy(CUgraphExec exec) {
  DEMAND_CONTEXT;
  let_go(exec);
  return CUDA_SUCCESS;
}

typedef struct {
  Work work;
  CUgraphExec exec;
} Replay;

static CUresult run_replay(Work* work) {
  for (Work* step = ((Replay*)work)->exec->works.head; step; step = step->next) TRY(step->run(step));
  return CUDA_SUCCESS;
}

static void show_patterns(Work* work) {
  for (Work* step = ((Replay*)work)->exec->works.head; step; step = step->next)
    if (step->enqueued) step->enqueued(step);
}

static void drop_replay(Work* work) { let_go(((Replay*)work)->exec); }

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  DEMAND_CONTEXT;
  TRY(demand_stream(__func__, stream));
  if (stream->capture) return refuse(CUDA_ERROR_NOT_SUPPORTED, "a graph within a graph");
  for (Work* step = exec->works.head; step; step = step->next)
    if (step->ready) TRY(step->ready(step));
  Replay* work = (Replay*)new_work(sizeof *work, run_replay);
  work->exec = exec;
  work->work.enqueued = show_patterns;
  work->work.dropped = drop_replay;
  __atomic_add_fetch(&exec->held, 1, __ATOMIC_ACQ_REL);
  tally(GRAPH_LAUNCHES, 1);
  return enqueue(__func__, stream, &work->work);
}
