// Frames of a GStreamer pipeline that lie in NVMM, the memory of a Jetson's camera and decoder, for CUDA: the
// processor copies no pixel. appliance/jetson/nvmm.py calls it by ctypes and says what the pipeline is.
//
// Compiled on the target, because NVIDIA's structures differ from one release to the next:
//   cc -std=c11 -O2 -fPIC -shared -Wall -Wextra -Werror -o "$cache/nvmm-$(sha256sum nvmm.c | cut -c1-16).so" nvmm.c
//     -isystem /usr/src/jetson_multimedia_api/include -isystem /usr/local/cuda/include
//     $(pkg-config --cflags gstreamer-app-1.0 | sed 's/-I/-isystem /g')
//     -L /usr/lib/aarch64-linux-gnu/nvidia -L /usr/lib/aarch64-linux-gnu/tegra -lnvbufsurface -lcuda
//     $(pkg-config --libs gstreamer-app-1.0)
// Needs nvidia-l4t-jetson-multimedia-api, the CUDA toolkit's headers, libegl-dev and
// libgstreamer-plugins-base1.0-dev. Where the cache lies, settings.gpu.cache says.
//
// One thread at a time calls what takes a frame, and has CUDA's context current; `close` may come from any thread,
// and ends a wait. No message leaves here: a pipeline may hold an address, and that a password.

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <stdatomic.h>
#include <stdint.h>

#include <cuda.h>
#include <cudaEGL.h>
#include <nvbufsurface.h>

#define PLANES 2  // NV12: luma, then blue and red in turn at half the size

enum answer {
  FRAME = 1,     // one is lent
  NONE = 0,      // none came in time
  OVER = -1,     // the film has ended, or the camera is gone
  FOREIGN = -2,  // what came is not NV12 in NVMM
  FAILED = -3,   // EGL or CUDA does not take it
  MISUSED = -4,  // called out of order
};

struct lfr_frame {
  uint64_t address;  // of packed NV12, or 0: `read` brings it to such an address
  int64_t stamp_ns;  // on the monotonic clock; 0 where the pipeline does not tell
  int64_t arrived;   // how many had come, this one included
  int32_t width, height;
};

struct plane {
  CUmemorytype kind;
  CUdeviceptr address;
  CUarray array;
  size_t pitch;
};

struct lfr_nvmm {
  GstElement *pipeline, *sink;
  GstBus *bus;
  atomic_int_least64_t arrived;
  gboolean every;  // nothing is dropped: what waits has arrived and is not yet counted
  int64_t taken;
  GMutex lock;  // guards the next two
  GCond left;
  int inside;
  gboolean closing;
  GstSample *sample;  // what is lent, and how it is mapped
  GstMapInfo map;
  gboolean mapped, imaged, registered;
  NvBufSurface *surface;
  CUgraphicsResource resource;
  struct plane planes[PLANES];
  size_t width, height;
  CUevent done;
};

static GstPadProbeReturn count(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad, (void)info;
  atomic_fetch_add(&((struct lfr_nvmm *)data)->arrived, 1);
  return GST_PAD_PROBE_OK;
}

static gboolean enter(struct lfr_nvmm *nvmm) {
  g_mutex_lock(&nvmm->lock);
  gboolean open = !nvmm->closing;
  nvmm->inside += open;
  g_mutex_unlock(&nvmm->lock);
  return open;
}

static int leave(struct lfr_nvmm *nvmm, int answer) {
  g_mutex_lock(&nvmm->lock);
  nvmm->inside--;
  g_cond_signal(&nvmm->left);
  g_mutex_unlock(&nvmm->lock);
  return answer;
}

// The frame goes back to the camera. Every mapping is undone, every time: one that is left crashes the camera later.
static void release(struct lfr_nvmm *nvmm) {
  if (nvmm->registered) cuGraphicsUnregisterResource(nvmm->resource);
  if (nvmm->imaged) NvBufSurfaceUnMapEglImage(nvmm->surface, 0);
  if (nvmm->mapped) gst_buffer_unmap(gst_sample_get_buffer(nvmm->sample), &nvmm->map);
  if (nvmm->sample) gst_sample_unref(nvmm->sample);
  nvmm->registered = nvmm->imaged = nvmm->mapped = FALSE;
  nvmm->sample = NULL;
}

static gboolean is_nv12(NvBufSurfaceColorFormat format) {
  switch (format) {  // the same bytes, whatever is said about their colours: the settings decide that
    case NVBUF_COLOR_FORMAT_NV12:
    case NVBUF_COLOR_FORMAT_NV12_ER:
    case NVBUF_COLOR_FORMAT_NV12_709:
    case NVBUF_COLOR_FORMAT_NV12_709_ER:
      return TRUE;
    default:
      return FALSE;
  }
}

static int map_surface(struct lfr_nvmm *nvmm) {
  GstCaps *caps = gst_sample_get_caps(nvmm->sample);
  GstBuffer *buffer = gst_sample_get_buffer(nvmm->sample);
  // Ordinary pixels would be read as a structure full of pointers.
  if (!caps || !buffer || !gst_caps_features_contains(gst_caps_get_features(caps, 0), "memory:NVMM")) return FOREIGN;
  nvmm->mapped = gst_buffer_map(buffer, &nvmm->map, GST_MAP_READ);
  if (!nvmm->mapped || nvmm->map.size < sizeof(NvBufSurface)) return FOREIGN;
  nvmm->surface = (NvBufSurface *)(void *)nvmm->map.data;
  NvBufSurfaceParams *params = nvmm->surface->surfaceList;
  if (nvmm->surface->batchSize < 1 || !params || !is_nv12(params->colorFormat)) return FOREIGN;
  nvmm->width = params->width;
  nvmm->height = params->height;
  return nvmm->width % 2 || nvmm->height % 2 ? FOREIGN : FRAME;
}

static int map_image(struct lfr_nvmm *nvmm) {
  CUeglFrame frame;
  nvmm->imaged = NvBufSurfaceMapEglImage(nvmm->surface, 0) == 0;
  if (!nvmm->imaged) return FAILED;
  void *image = nvmm->surface->surfaceList[0].mappedAddr.eglImage;
  // Not read-only: what was looked at is overwritten before the camera has it back.
  nvmm->registered = image && cuGraphicsEGLRegisterImage(&nvmm->resource, image, CU_GRAPHICS_REGISTER_FLAGS_NONE) == CUDA_SUCCESS;
  if (!nvmm->registered) return FAILED;
  if (cuGraphicsResourceGetMappedEglFrame(&frame, nvmm->resource, 0, 0) != CUDA_SUCCESS) return FAILED;
  if (frame.planeCount != PLANES) return FOREIGN;
  for (int i = 0; i < PLANES; i++) {
    struct plane *plane = &nvmm->planes[i];
    if (frame.frameType == CU_EGL_FRAME_TYPE_PITCH)
      *plane = (struct plane){.kind = CU_MEMORYTYPE_DEVICE, .address = (CUdeviceptr)frame.frame.pPitch[i], .pitch = frame.pitch};
    else
      *plane = (struct plane){.kind = CU_MEMORYTYPE_ARRAY, .array = frame.frame.pArray[i]};
  }
  return FRAME;
}

static int map_planes(struct lfr_nvmm *nvmm) {
  NvBufSurfaceParams *params = nvmm->surface->surfaceList;
  if (nvmm->surface->memType != NVBUF_MEM_CUDA_DEVICE && nvmm->surface->memType != NVBUF_MEM_CUDA_UNIFIED) return map_image(nvmm);
  if (params->planeParams.num_planes != PLANES || !params->dataPtr) return FOREIGN;
  for (int i = 0; i < PLANES; i++)
    nvmm->planes[i] = (struct plane){
        .kind = CU_MEMORYTYPE_DEVICE,
        .address = (CUdeviceptr)params->dataPtr + params->planeParams.offset[i],
        .pitch = params->planeParams.pitch[i],
    };
  return FRAME;
}

// Where both planes lie one behind the other without gaps, nothing at all need be copied.
static CUdeviceptr packed(const struct lfr_nvmm *nvmm) {
  const struct plane *luma = &nvmm->planes[0], *chroma = &nvmm->planes[1];
  if (luma->kind != CU_MEMORYTYPE_DEVICE || luma->pitch != nvmm->width || chroma->pitch != nvmm->width) return 0;
  return chroma->address == luma->address + nvmm->width * nvmm->height ? luma->address : 0;
}

static int64_t monotonic(struct lfr_nvmm *nvmm) {
  GstClockTime stamp = GST_BUFFER_PTS(gst_sample_get_buffer(nvmm->sample));
  GstClockTime begun = gst_element_get_base_time(nvmm->pipeline);
  GstClockTime passed = gst_segment_to_running_time(gst_sample_get_segment(nvmm->sample), GST_FORMAT_TIME, stamp);
  return GST_CLOCK_TIME_IS_VALID(passed) && GST_CLOCK_TIME_IS_VALID(begun) ? (int64_t)(begun + passed) : 0;
}

static gboolean is_over(struct lfr_nvmm *nvmm) {
  GstMessage *fault = gst_bus_pop_filtered(nvmm->bus, GST_MESSAGE_ERROR);
  if (fault) gst_message_unref(fault);
  return fault || gst_app_sink_is_eos(GST_APP_SINK(nvmm->sink));
}

// The sink keeps the very first frame until somebody asks for it, however long it runs. (It also keeps the last one
// that was pulled, until the next is; that one was overwritten when it was given back.)
static void drop_preroll(struct lfr_nvmm *nvmm) {
  GstSample *first = gst_app_sink_try_pull_preroll(GST_APP_SINK(nvmm->sink), 0);
  if (first) gst_sample_unref(first);
}

static int take(struct lfr_nvmm *nvmm, int wait_ms, struct lfr_frame *frame) {
  if (nvmm->sample) return MISUSED;
  drop_preroll(nvmm);
  nvmm->sample = gst_app_sink_try_pull_sample(GST_APP_SINK(nvmm->sink), (GstClockTime)wait_ms * GST_MSECOND);
  if (!nvmm->sample) return is_over(nvmm) || nvmm->closing ? OVER : NONE;
  int answer = map_surface(nvmm);
  if (answer == FRAME) answer = map_planes(nvmm);
  if (answer != FRAME) {
    release(nvmm);
    return answer;
  }
  nvmm->taken++;
  *frame = (struct lfr_frame){
      .address = packed(nvmm),
      .stamp_ns = monotonic(nvmm),
      .arrived = nvmm->every ? nvmm->taken : atomic_load(&nvmm->arrived),
      .width = (int32_t)nvmm->width,
      .height = (int32_t)nvmm->height,
  };
  return FRAME;
}

static int copy(struct lfr_nvmm *nvmm, CUdeviceptr address, CUstream stream, gboolean out) {
  if (!nvmm->sample) return MISUSED;
  for (int i = 0; i < PLANES; i++) {
    const struct plane *plane = &nvmm->planes[i];
    CUDA_MEMCPY2D way = {.WidthInBytes = nvmm->width, .Height = i ? nvmm->height / 2 : nvmm->height};
    CUdeviceptr ours = address + (i ? nvmm->width * nvmm->height : 0);
    if (out) {
      way.srcMemoryType = plane->kind, way.srcDevice = plane->address, way.srcArray = plane->array, way.srcPitch = plane->pitch;
      way.dstMemoryType = CU_MEMORYTYPE_DEVICE, way.dstDevice = ours, way.dstPitch = nvmm->width;
    } else {
      way.srcMemoryType = CU_MEMORYTYPE_DEVICE, way.srcDevice = ours, way.srcPitch = nvmm->width;
      way.dstMemoryType = plane->kind, way.dstDevice = plane->address, way.dstArray = plane->array, way.dstPitch = plane->pitch;
    }
    if (cuMemcpy2DAsync(&way, stream) != CUDA_SUCCESS) return FAILED;
  }
  return FRAME;
}

static int wait_for(struct lfr_nvmm *nvmm, CUstream stream) {
  if (!nvmm->done && cuEventCreate(&nvmm->done, CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING) != CUDA_SUCCESS) return FAILED;
  if (cuEventRecord(nvmm->done, stream) != CUDA_SUCCESS) return FAILED;
  return cuEventSynchronize(nvmm->done) == CUDA_SUCCESS ? FRAME : FAILED;
}

static void discard(struct lfr_nvmm *nvmm) {
  if (nvmm->bus) gst_object_unref(nvmm->bus);
  if (nvmm->sink) gst_object_unref(nvmm->sink);
  if (nvmm->pipeline) gst_object_unref(nvmm->pipeline);
  g_mutex_clear(&nvmm->lock);
  g_cond_clear(&nvmm->left);
  g_free(nvmm);
}

static gboolean build(struct lfr_nvmm *nvmm, const char *pipeline) {
  GError *error = NULL;
  nvmm->pipeline = gst_parse_launch(pipeline, &error);
  gboolean whole = !error && GST_IS_PIPELINE(nvmm->pipeline);
  g_clear_error(&error);
  if (!whole) return FALSE;
  nvmm->bus = gst_pipeline_get_bus(GST_PIPELINE(nvmm->pipeline));
  nvmm->sink = gst_bin_get_by_name(GST_BIN(nvmm->pipeline), "newest");
  if (!GST_IS_APP_SINK(nvmm->sink)) return FALSE;
  gboolean drops = FALSE;
  g_object_get(nvmm->sink, "drop", &drops, NULL);
  nvmm->every = !drops;
  GstPad *pad = gst_element_get_static_pad(nvmm->sink, "sink");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, nvmm, NULL);
  gst_object_unref(pad);
  GstClock *clock = gst_system_clock_obtain();  // the monotonic one, so that stamps are moments that others know
  gst_pipeline_use_clock(GST_PIPELINE(nvmm->pipeline), clock);
  gst_object_unref(clock);
  return gst_element_set_state(nvmm->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

// Start a pipeline whose appsink is called `newest`; NULL where it cannot be built or does not start.
struct lfr_nvmm *lfr_nvmm_open(const char *pipeline) {
  if (!gst_init_check(NULL, NULL, NULL)) return NULL;
  struct lfr_nvmm *nvmm = g_new0(struct lfr_nvmm, 1);
  g_mutex_init(&nvmm->lock);
  g_cond_init(&nvmm->left);
  if (build(nvmm, pipeline)) return nvmm;
  if (nvmm->pipeline) gst_element_set_state(nvmm->pipeline, GST_STATE_NULL);
  discard(nvmm);
  return NULL;
}

// How many frames have come, the dropped ones included; OVER when no more will.
int64_t lfr_nvmm_arrived(struct lfr_nvmm *nvmm) {
  int64_t arrived = atomic_load(&nvmm->arrived);
  return arrived == 0 && is_over(nvmm) ? OVER : arrived;
}

// Lend the newest frame, until `give_back`.
int lfr_nvmm_next(struct lfr_nvmm *nvmm, int wait_ms, struct lfr_frame *frame) {
  return enter(nvmm) ? leave(nvmm, take(nvmm, wait_ms, frame)) : OVER;
}

// Bring the lent frame to packed NV12 at an address of the GPU, in the stream.
int lfr_nvmm_read(struct lfr_nvmm *nvmm, uint64_t address, void *stream) {
  return enter(nvmm) ? leave(nvmm, copy(nvmm, address, stream, TRUE)) : OVER;
}

// Overwrite the lent frame with packed NV12 from an address of the GPU, in the stream.
int lfr_nvmm_write(struct lfr_nvmm *nvmm, uint64_t address, void *stream) {
  return enter(nvmm) ? leave(nvmm, copy(nvmm, address, stream, FALSE)) : OVER;
}

// Wait until the stream has done what it was told so far, and give the lent frame back to the camera.
int lfr_nvmm_give_back(struct lfr_nvmm *nvmm, void *stream) {
  if (!enter(nvmm)) return OVER;
  int answer = nvmm->sample ? wait_for(nvmm, stream) : MISUSED;
  release(nvmm);
  return leave(nvmm, answer);
}

// Forget CUDA's part, in the thread that has its context; after it only `close` may come.
int lfr_nvmm_settle(struct lfr_nvmm *nvmm) {
  if (nvmm->sample) return MISUSED;
  CUevent done = nvmm->done;
  nvmm->done = NULL;
  return !done || cuEventDestroy(done) == CUDA_SUCCESS ? FRAME : FAILED;
}

// Stop the pipeline, end whoever waits, and free everything. A frame that is lent must have been given back.
int lfr_nvmm_close(struct lfr_nvmm *nvmm) {
  g_mutex_lock(&nvmm->lock);
  nvmm->closing = TRUE;
  g_mutex_unlock(&nvmm->lock);
  gst_element_set_state(nvmm->pipeline, GST_STATE_NULL);  // wakes `next`
  g_mutex_lock(&nvmm->lock);
  while (nvmm->inside) g_cond_wait(&nvmm->left, &nvmm->lock);
  g_mutex_unlock(&nvmm->lock);
  if (nvmm->sample) return MISUSED;  // rather a leak than memory that a kernel still reads
  discard(nvmm);
  return FRAME;
}
