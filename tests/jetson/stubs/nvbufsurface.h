// What nvmm.c uses of NVIDIA's nvbufsurface.h, declared anew: names and meaning as there, the layout is nobody's.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define NVBUF_MAX_PLANES 4

typedef enum {
  NVBUF_COLOR_FORMAT_YUV420,
  NVBUF_COLOR_FORMAT_NV12,
  NVBUF_COLOR_FORMAT_NV12_ER,
  NVBUF_COLOR_FORMAT_NV12_709,
  NVBUF_COLOR_FORMAT_NV12_709_ER,
} NvBufSurfaceColorFormat;

typedef enum { NVBUF_MEM_CUDA_DEVICE, NVBUF_MEM_CUDA_UNIFIED, NVBUF_MEM_SURFACE_ARRAY } NvBufSurfaceMemType;

typedef struct {
  uint32_t num_planes;
  uint32_t pitch[NVBUF_MAX_PLANES];
  uint32_t offset[NVBUF_MAX_PLANES];
} NvBufSurfacePlaneParams;

typedef struct {
  void *eglImage;
} NvBufSurfaceMappedAddr;

typedef struct {
  uint32_t width, height;
  NvBufSurfaceColorFormat colorFormat;
  void *dataPtr;
  NvBufSurfacePlaneParams planeParams;
  NvBufSurfaceMappedAddr mappedAddr;
} NvBufSurfaceParams;

typedef struct {
  uint32_t batchSize;
  NvBufSurfaceMemType memType;
  NvBufSurfaceParams *surfaceList;
} NvBufSurface;

int NvBufSurfaceMapEglImage(NvBufSurface *surface, int index);
int NvBufSurfaceUnMapEglImage(NvBufSurface *surface, int index);
