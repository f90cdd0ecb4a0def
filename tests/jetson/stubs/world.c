// A Jetson for nvmm.c on an ordinary computer: NVMM, EGL and CUDA as far as it uses them, and the GStreamer elements
// that its pipelines name. Compiled together with nvmm.c into one library. It counts what is mapped and not undone,
// lays frames out in each way that a Jetson may, and fails where a test wants it.

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cuda.h"
#include "cudaEGL.h"
#include "nvbufsurface.h"

enum layout { BLOCKS, GAPS, PACKED, DEVICE, FOREIGN_FORMAT, ODD };
enum fault { NOTHING, MAP, REGISTER, FRAME, COPY, EVENT };

int world_layout, world_fault;
atomic_int world_images, world_resources, world_events, world_frames;  // that are not undone
atomic_int world_wiped;  // that came back all zero; a test picture never is
int world_waits, world_flip;

#define GAP 64
#define PITCH(surface) ((surface)->planeParams.pitch[0])

struct stub_array {  // a plane in blocks: here the rows lie upside down, so that reading it as if linear shows
  unsigned char *first;
  size_t pitch, rows;
};
struct stub_resource {
  struct frame *frame;
};
struct stub_event {
  int recorded;
};
struct frame {
  NvBufSurface surface;
  NvBufSurfaceParams params;
  struct stub_array arrays[2];
  size_t length;
  unsigned char pixels[];
};

static unsigned char *row_of(struct stub_array *array, size_t row) {
  return array->first + array->pitch * (array->rows - 1 - row);
}

int NvBufSurfaceMapEglImage(NvBufSurface *surface, int index) {
  if (index || world_fault == MAP || surface->surfaceList->mappedAddr.eglImage) return -1;
  surface->surfaceList->mappedAddr.eglImage = surface;
  world_images++;
  return 0;
}

int NvBufSurfaceUnMapEglImage(NvBufSurface *surface, int index) {
  if (index || !surface->surfaceList->mappedAddr.eglImage) abort();
  surface->surfaceList->mappedAddr.eglImage = NULL;
  world_images--;
  return 0;
}

CUresult cuGraphicsEGLRegisterImage(CUgraphicsResource *resource, void *image, unsigned flags) {
  if (world_fault == REGISTER || flags) return CUDA_ERROR_INVALID_VALUE;
  *resource = malloc(sizeof **resource);
  (*resource)->frame = image;
  world_resources++;
  return CUDA_SUCCESS;
}

CUresult cuGraphicsUnregisterResource(CUgraphicsResource resource) {
  if (!resource->frame->params.mappedAddr.eglImage) abort();  // the image must outlive what looks at it
  free(resource);
  world_resources--;
  return CUDA_SUCCESS;
}

CUresult cuGraphicsResourceGetMappedEglFrame(CUeglFrame *out, CUgraphicsResource resource, unsigned index, unsigned level) {
  struct frame *frame = resource->frame;
  if (world_fault == FRAME || index || level) return CUDA_ERROR_INVALID_VALUE;
  *out = (CUeglFrame){.planeCount = 2, .pitch = PITCH(&frame->params), .frameType = CU_EGL_FRAME_TYPE_PITCH};
  for (int i = 0; i < 2; i++) {
    if (world_layout == BLOCKS)
      out->frameType = CU_EGL_FRAME_TYPE_ARRAY, out->frame.pArray[i] = &frame->arrays[i];
    else
      out->frame.pPitch[i] = frame->pixels + frame->params.planeParams.offset[i];
  }
  return CUDA_SUCCESS;
}

CUresult cuMemcpy2DAsync(const CUDA_MEMCPY2D *copy, CUstream stream) {
  (void)stream;
  if (world_fault == COPY) return CUDA_ERROR_INVALID_VALUE;
  for (size_t row = 0; row < copy->Height; row++) {
    unsigned char *from = copy->srcMemoryType == CU_MEMORYTYPE_ARRAY ? row_of(copy->srcArray, row)
                                                                      : (unsigned char *)copy->srcDevice + row * copy->srcPitch;
    unsigned char *to = copy->dstMemoryType == CU_MEMORYTYPE_ARRAY ? row_of(copy->dstArray, row)
                                                                    : (unsigned char *)copy->dstDevice + row * copy->dstPitch;
    memcpy(to, from, copy->WidthInBytes);
  }
  return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *event, unsigned flags) {
  if (world_fault == EVENT || flags != (CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING)) return CUDA_ERROR_INVALID_VALUE;
  *event = calloc(1, sizeof **event);
  world_events++;
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  (void)stream;
  event->recorded = 1;
  return CUDA_SUCCESS;
}

CUresult cuEventSynchronize(CUevent event) {
  if (!event->recorded) abort();
  world_waits++;
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy(CUevent event) {
  free(event);
  world_events--;
  return CUDA_SUCCESS;
}

static gboolean is_zero(struct frame *frame) {
  for (size_t i = 0; i < frame->length; i++)
    if (frame->pixels[i]) return FALSE;
  return TRUE;
}

static void free_frame(gpointer data) {
  struct frame *frame = data;
  if (frame->params.mappedAddr.eglImage) abort();
  world_wiped += is_zero(frame);
  world_frames--;
  free(frame);
}

static const unsigned char *row_in(GstVideoFrame *picture, int plane, uint32_t row) {
  return (unsigned char *)GST_VIDEO_FRAME_PLANE_DATA(picture, plane) + (size_t)row * GST_VIDEO_FRAME_PLANE_STRIDE(picture, plane);
}

static void copy_row(unsigned char *to, GstVideoFrame *picture, int plane, uint32_t row) {
  uint32_t width = GST_VIDEO_FRAME_WIDTH(picture);
  if (plane == 0 || GST_VIDEO_FRAME_N_PLANES(picture) == 2) {
    memcpy(to, row_in(picture, plane, row), width);
    return;
  }
  for (uint32_t i = 0; i < width; i++) to[i] = row_in(picture, 1 + i % 2, row)[i / 2];
}

static GstMemory *make_frame(GstVideoFrame *picture) {
  uint32_t width = GST_VIDEO_FRAME_WIDTH(picture), height = GST_VIDEO_FRAME_HEIGHT(picture);
  uint32_t pitch = width + (world_layout == GAPS || world_layout == DEVICE ? GAP : 0);
  size_t length = (size_t)pitch * height * 3 / 2;
  struct frame *frame = calloc(1, sizeof *frame + length);
  frame->surface = (NvBufSurface){1, world_layout == DEVICE ? NVBUF_MEM_CUDA_DEVICE : NVBUF_MEM_SURFACE_ARRAY, &frame->params};
  frame->params = (NvBufSurfaceParams){
      .width = width, .height = world_layout == ODD ? height - 1 : height,
      .colorFormat = world_layout == FOREIGN_FORMAT ? NVBUF_COLOR_FORMAT_YUV420 : NVBUF_COLOR_FORMAT_NV12_709,
      .dataPtr = world_layout == DEVICE ? frame->pixels : NULL,
      .planeParams = {.num_planes = 2, .pitch = {pitch, pitch}, .offset = {0, pitch * height}},
  };
  frame->length = length;
  for (int i = 0; i < 2; i++) {
    unsigned char *plane = frame->pixels + frame->params.planeParams.offset[i];
    frame->arrays[i] = (struct stub_array){plane, pitch, i ? height / 2 : height};
    for (uint32_t row = 0; row < frame->arrays[i].rows; row++)
      copy_row(world_layout == BLOCKS ? row_of(&frame->arrays[i], row) : plane + (size_t)row * pitch, picture, i, row);
  }
  world_frames++;
  return gst_memory_new_wrapped(GST_MEMORY_FLAG_NO_SHARE, frame, sizeof(NvBufSurface), 0, sizeof(NvBufSurface), frame, free_frame);
}

// nvvidconv: what lies in the computer's memory becomes NV12 in NVMM; what is in NVMM already goes through.

#define CAPS(memory, format) "video/x-raw" memory ",format=" format ",width=[1,8192],height=[1,8192],framerate=[0/1,240/1]"
static GstStaticPadTemplate sink_pads = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS("(memory:NVMM)", "NV12") ";" CAPS("", "{NV12,I420}")));
static GstStaticPadTemplate source_pads = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS("(memory:NVMM)", "NV12")));

typedef struct {
  GstBaseTransform parent;
  int flip;
} Convert;
typedef GstBaseTransformClass ConvertClass;
G_DEFINE_TYPE(Convert, convert, GST_TYPE_BASE_TRANSFORM)

static gboolean in_nvmm(GstCaps *caps) {
  return gst_caps_features_contains(gst_caps_get_features(caps, 0), "memory:NVMM");
}

static GstCaps *transform_caps(GstBaseTransform *self, GstPadDirection direction, GstCaps *caps, GstCaps *filter) {
  (void)self;
  GstCaps *all = gst_caps_copy(caps);
  gst_caps_set_features_simple(all, gst_caps_features_from_string("memory:NVMM"));
  gst_caps_set_simple(all, "format", G_TYPE_STRING, "NV12", NULL);
  if (direction == GST_PAD_SRC) {
    for (const char *const *format = (const char *const[]){"NV12", "I420", NULL}; *format; format++) {
      GstCaps *plain = gst_caps_copy(caps);
      gst_caps_set_features_simple(plain, gst_caps_features_new_empty());
      gst_caps_set_simple(plain, "format", G_TYPE_STRING, *format, NULL);
      gst_caps_append(all, plain);
    }
  }
  if (!filter) return all;
  GstCaps *both = gst_caps_intersect_full(filter, all, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref(all);
  return both;
}

static gboolean set_caps(GstBaseTransform *self, GstCaps *in, GstCaps *out) {
  (void)out;
  gst_base_transform_set_passthrough(self, in_nvmm(in));
  return TRUE;
}

static GstFlowReturn prepare(GstBaseTransform *self, GstBuffer *in, GstBuffer **out) {
  if (gst_base_transform_is_passthrough(self)) {
    *out = in;
    return GST_FLOW_OK;
  }
  GstVideoFrame picture;
  GstVideoInfo info;
  GstCaps *caps = gst_pad_get_current_caps(GST_BASE_TRANSFORM_SINK_PAD(self));
  gst_video_info_from_caps(&info, caps);
  gst_caps_unref(caps);
  if (!gst_video_frame_map(&picture, &info, in, GST_MAP_READ)) return GST_FLOW_ERROR;
  *out = gst_buffer_new();
  gst_buffer_append_memory(*out, make_frame(&picture));
  gst_video_frame_unmap(&picture);
  gst_buffer_copy_into(*out, in, GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_FLAGS, 0, -1);
  return GST_FLOW_OK;
}

static GstFlowReturn transform(GstBaseTransform *self, GstBuffer *in, GstBuffer *out) {
  (void)self, (void)in, (void)out;
  return GST_FLOW_OK;  // `prepare` did it
}

static void set_flip(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  (void)id, (void)spec;
  world_flip = ((Convert *)object)->flip = g_value_get_int(value);
}

static void convert_init(Convert *self) { (void)self; }

static void convert_class_init(ConvertClass *class) {
  G_OBJECT_CLASS(class)->set_property = set_flip;
  g_object_class_install_property(G_OBJECT_CLASS(class), 1, g_param_spec_int("flip-method", "", "", 0, 7, 0, G_PARAM_WRITABLE));
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(class), &sink_pads);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(class), &source_pads);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "nvvidconv", "Filter", "stand-in", "tests");
  class->transform_caps = transform_caps;
  class->set_caps = set_caps;
  class->prepare_output_buffer = prepare;
  class->transform = transform;
}

// nvarguscamerasrc: a live test picture in NVMM.

typedef GstBin Sensor;
typedef GstBinClass SensorClass;
G_DEFINE_TYPE(Sensor, sensor, GST_TYPE_BIN)

static void set_sensor(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  (void)object, (void)id, (void)value, (void)spec;
}

static void sensor_init(Sensor *self) {
  GstElement *inside = gst_parse_bin_from_description(
      "videotestsrc is-live=true do-timestamp=true pattern=ball ! video/x-raw,format=NV12 ! nvvidconv", TRUE, NULL);
  gst_bin_add(self, inside);
  GstPad *pad = gst_element_get_static_pad(inside, "src");
  gst_element_add_pad(GST_ELEMENT(self), gst_ghost_pad_new("src", pad));
  gst_object_unref(pad);
}

static void sensor_class_init(SensorClass *class) {
  G_OBJECT_CLASS(class)->set_property = set_sensor;
  g_object_class_install_property(G_OBJECT_CLASS(class), 1, g_param_spec_int("sensor-id", "", "", 0, 7, 0, G_PARAM_WRITABLE));
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "nvarguscamerasrc", "Source", "stand-in", "tests");
}

void world_begin(void) {
  if (gst_is_initialized()) return;
  gst_init(NULL, NULL);
  gst_element_register(NULL, "nvvidconv", GST_RANK_NONE, convert_get_type());
  gst_element_register(NULL, "nvarguscamerasrc", GST_RANK_NONE, sensor_get_type());
}
