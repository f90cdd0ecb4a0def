// What nvmm.c uses of CUDA's meeting with EGL, declared anew.
#pragma once
#include "cuda.h"

typedef enum { CU_EGL_FRAME_TYPE_ARRAY, CU_EGL_FRAME_TYPE_PITCH } CUeglFrameType;

typedef struct {
  union {
    CUarray pArray[3];
    void *pPitch[3];
  } frame;
  unsigned planeCount, pitch;
  CUeglFrameType frameType;
} CUeglFrame;

CUresult cuGraphicsEGLRegisterImage(CUgraphicsResource *resource, void *image, unsigned flags);
CUresult cuGraphicsResourceGetMappedEglFrame(CUeglFrame *frame, CUgraphicsResource resource, unsigned index, unsigned level);
