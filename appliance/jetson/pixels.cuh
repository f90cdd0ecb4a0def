// From a camera's pixels to a network's input, in one launch for all frames or faces.
//
// Grids and blocks: launch.py. Each kernel walks on in steps of the whole grid, so every grid gives the whole answer.
//   letterbox_*   (width / (RUN block.x), rows / block.y, frames)   block (32, 8)
//   warp_*        (side / (RUN block.x), rows / block.y, faces)     block (side / RUN, 256 / that)
//   gauge         (faces), block 256     region (width / 32, height / 8), block (32, 8)     erase (64, ranges), block 256
//
// Samples have their centres at whole numbers in a frame, pixels half-way between edges when it is scaled; a chroma
// sample lies between four luma samples, at x / 2 - 1/4 (ITU-T H.273, type 1). Everything between is float32 and is
// clamped to 0..255 once, as red, green and blue. A picture has less than 2 GiB, and sides whose product with the
// network's is below 2^30.
#pragma once

#ifdef HOST_BUILD
#define __grid_constant__
#else
#include <cuda_fp16.h>
#endif

#ifndef LFR_RUN
#define LFR_RUN 2  // neighbouring pixels of one thread, written together; launch.py's RUN
#endif
#ifndef LFR_UNROLL
#define LFR_UNROLL 1  // rows of one thread in one turn of its loop
#endif
#ifndef LFR_LETTERBOX_BLOCKS
#define LFR_LETTERBOX_BLOCKS 4  // that a multiprocessor shall have registers for
#endif
#ifndef LFR_WARP_BLOCKS
#define LFR_WARP_BLOCKS 4
#endif

using u8 = unsigned char;

struct Picture {
  const u8 *luma, *u, *v;
  int width, height, pitch, chroma_pitch;
  int step;        // bytes from one chroma sample to the next: 2 NV12 (v = u + 1), 1 I420, 0 RGB8 in luma
  int wide, high;  // letterbox: the size that it is brought to
  int pad;
  float matrix[12];  // 3 x 4: red, green and blue of (y, u, v, 1)
};
struct Pictures {
  Picture of[8];
};
struct Feed {
  float mean, scale;
  int bgr, pad;
};
struct Cuts {
  int which[64];
  float inverse[64][6];  // 2 x 3: from a crop's pixel to a frame's
};
struct Boxes {
  int which[64];
  int edges[64][4];
};
struct Ranges {
  unsigned long long address[64];
  unsigned long long bytes[64];
};
static_assert(sizeof(Picture) == 104 && sizeof(Pictures) == 832 && sizeof(Feed) == 16, "launch.py");
static_assert(sizeof(Cuts) == 1792 && sizeof(Boxes) == 1280 && sizeof(Ranges) == 1024, "launch.py");

namespace pixels {

constexpr int RUN = LFR_RUN, UNROLL = LFR_UNROLL;

// ---- Places between samples ------------------------------------------------------------------------------------------

// A sample, and how far on to the next: 0 <= part <= 1.
struct Place {
  int whole;
  float part;
};

// A sample and the next one on an axis: where the first lies in its plane, how far on the next, and their shares.
struct Pair {
  int first, next;
  float near, far;
};

static __device__ __forceinline__ int clamp(int i, int count) { return min(max(i, 0), count - 1); }

// Chroma has half the samples.
static __device__ __forceinline__ Place halved(Place at) {
  const float part = 0.5f * at.part + (at.whole & 1 ? 0.25f : -0.25f);
  const bool before = part < 0.0f;
  return {(at.whole >> 1) - before, before ? part + 1.0f : part};
}

// Beyond the edge lies what lies at the edge.
static __device__ __forceinline__ Place held(Place at, int count) {
  const bool beyond = at.whole < 0 || at.whole >= count - 1;
  return {clamp(at.whole, count), beyond ? 0.0f : at.part};
}

// Pixel `i` of `wide` lies at ((2 i + 1) count - wide) / (2 wide) among `count` samples. The remainder is exact, so that
// no column is lost to rounding; `share` is 1 / (2 wide).
static __device__ __forceinline__ Place scaled(int i, int count, int wide, float share) {
  const int over = (2 * i + 1) * count - wide, under = 2 * wide;
  int whole = __float2int_rd((float)over * share), rest = over - whole * under;
  if (rest < 0) whole--, rest += under;
  if (rest >= under) whole++, rest -= under;
  return {whole, (float)rest * share};
}

// Two samples that are there, each with the share that falls off to 0 one sample away from it.
static __device__ __forceinline__ Pair between(Place at, int count, int stride, int next) {
  const int first = max(min(at.whole, count - 2), 0);
  const float on = at.part + (float)(at.whole - first);
  return {first * stride, next, fmaxf(1.0f - fabsf(on), 0.0f), count > 1 ? fmaxf(1.0f - fabsf(1.0f - on), 0.0f) : 0.0f};
}

// ---- Layouts ---------------------------------------------------------------------------------------------------------

struct Three {
  float a, b, c;
};

struct Rgb8 {
  static constexpr bool planar = false, paired = false;
  static constexpr int step = 3;
};
// Both chroma samples lie on an even address and are fetched as one.
struct Nv12 {
  static constexpr bool planar = true, paired = true;
  static constexpr int step = 1;
};
struct Planes {
  static constexpr bool planar = true, paired = false;
  static constexpr int step = 1;
};

// Where a pixel lies on one axis: among luma samples and among chroma samples.
struct Axis {
  Pair luma, chroma;
};

// The four samples around a point. They are fetched apart from their use, so that all of a run are under way together.
struct Four {
  unsigned a, b, c, d;
};
struct Taps {
  Four first, second, third;  // luma and chroma, or red, green and blue; of pairs both chromas are the second
};

// What is written is never what is read here, which the compiler cannot know: hence __ldg.
template <class Word>
static __device__ __forceinline__ Four around(const u8* plane, const Pair& x, const Pair& y) {
  const u8 *upper = plane + y.first + x.first, *lower = upper + y.next;
  const auto look = [](const u8* at) { return (unsigned)__ldg((const Word*)at); };
  return {look(upper), look(upper + x.next), look(lower), look(lower + x.next)};
}

template <class Layout>
static __device__ __forceinline__ Taps fetch(const Picture& p, const Axis& x, const Axis& y) {
  const Four first = around<u8>(p.luma, x.luma, y.luma);
  if constexpr (!Layout::planar)
    return {first, around<u8>(p.luma + 1, x.luma, y.luma), around<u8>(p.luma + 2, x.luma, y.luma)};
  else if constexpr (Layout::paired)
    return {first, around<unsigned short>(p.u, x.chroma, y.chroma), {}};
  else
    return {first, around<u8>(p.u, x.chroma, y.chroma), around<u8>(p.v, x.chroma, y.chroma)};
}

static __device__ __forceinline__ float blend(const Four& taps, const Pair& x, const Pair& y) {
  return y.near * (x.near * (float)taps.a + x.far * (float)taps.b) +
         y.far * (x.near * (float)taps.c + x.far * (float)taps.d);
}

template <class Layout>
static __device__ __forceinline__ Three blend(const Taps& taps, const Axis& x, const Axis& y) {
  const float first = blend(taps.first, x.luma, y.luma);
  if constexpr (!Layout::planar) {
    return {first, blend(taps.second, x.luma, y.luma), blend(taps.third, x.luma, y.luma)};
  } else if constexpr (Layout::paired) {
    const Four& both = taps.second;
    return {first, blend(Four{both.a & 255, both.b & 255, both.c & 255, both.d & 255}, x.chroma, y.chroma),
            blend(Four{both.a >> 8, both.b >> 8, both.c >> 8, both.d >> 8}, x.chroma, y.chroma)};
  } else {
    return {first, blend(taps.second, x.chroma, y.chroma), blend(taps.third, x.chroma, y.chroma)};
  }
}

// From here on 255 is 1, which the GPU clamps to at no cost.
constexpr float UNIT = 1 / 255.0f;

static __device__ __forceinline__ Axis weighed(const Axis& y) {
  return {{y.luma.first, y.luma.next, y.luma.near * UNIT, y.luma.far * UNIT},
          {y.chroma.first, y.chroma.next, y.chroma.near * UNIT, y.chroma.far * UNIT}};
}

// Red, green and blue.
template <class Layout>
static __device__ __forceinline__ Three coloured(const Picture& p, const Three& of) {
  if constexpr (Layout::planar) {
    const float* m = p.matrix;
    const auto channel = [&](int i) {
      return __saturatef(m[i] * of.a + (m[i + 1] * of.b + (m[i + 2] * of.c + m[i + 3] * UNIT)));
    };
    return {channel(0), channel(4), channel(8)};
  } else {
    return of;
  }
}

// ---- Writing ---------------------------------------------------------------------------------------------------------

static_assert(RUN == 2 || RUN == 4, "a run is written as one word");

template <class Word>
struct alignas(RUN * sizeof(Word)) Run {
  Word of[RUN];
};

static __device__ __forceinline__ void put(float* place, const float (&values)[RUN]) {
  Run<float> run;
#pragma unroll
  for (int i = 0; i < RUN; i++) run.of[i] = values[i];
  *reinterpret_cast<Run<float>*>(place) = run;
}
static __device__ __forceinline__ void put(__half* place, const float (&values)[RUN]) {
  struct alignas(2 * RUN) {
    unsigned of[RUN / 2];
  } run;
#pragma unroll
  for (int i = 0; i < RUN / 2; i++) {
    const __half2 two = __floats2half2_rn(values[2 * i], values[2 * i + 1]);
    memcpy(&run.of[i], &two, 4);
  }
  *reinterpret_cast<decltype(run)*>(place) = run;
}
static __device__ __forceinline__ void put(float& place, float value) { place = value; }
static __device__ __forceinline__ void put(__half& place, float value) { place = __float2half_rn(value); }

// The network's three channels, of which this thread writes a run in each row.
template <class T>
struct Channels {
  T *red, *green, *blue;  // where the run would lie in the first row
  int width, height, left;
  float gain, shift;
  bool aligned;

  __device__ __forceinline__ Channels(T* first, int width, int height, int left, const Feed& feed)
      : width(width), height(height), left(left), gain(255.0f * feed.scale), shift(-feed.mean * feed.scale),
        aligned(width % RUN == 0 && (unsigned long long)first % (RUN * sizeof(T)) == 0) {
    const long long plane = (long long)width * height;
    red = first + left + (feed.bgr ? 2 * plane : 0);
    green = first + left + plane;
    blue = first + left + (feed.bgr ? 0 : 2 * plane);
  }

  // Pixels from `end` on are zero, whatever the feed.
  __device__ __forceinline__ void write(int row, const Three (&colours)[RUN], int end) const {
    float reds[RUN], greens[RUN], blues[RUN];
#pragma unroll
    for (int i = 0; i < RUN; i++) {
      const bool in = left + i < end;
      reds[i] = in ? colours[i].a * gain + shift : 0.0f;
      greens[i] = in ? colours[i].b * gain + shift : 0.0f;
      blues[i] = in ? colours[i].c * gain + shift : 0.0f;
    }
    const int at = row * width;
    if (aligned) {
      put(red + at, reds);
      put(green + at, greens);
      put(blue + at, blues);
      return;
    }
#pragma unroll
    for (int i = 0; i < RUN; i++) {
      if (left + i >= width) return;
      put(red[at + i], reds[i]);
      put(green[at + i], greens[i]);
      put(blue[at + i], blues[i]);
    }
  }
};

// ---- Letterbox -------------------------------------------------------------------------------------------------------

// What the second sample of a pair adds to the first one's address; none where there is but one sample.
static __device__ __forceinline__ int following(int count, int stride) { return count > 1 ? stride : 0; }

template <class Layout, class T, bool THIN>
static __device__ __forceinline__ void fit(const Picture& p, const Channels<T>& to) {
  const float across = __fdividef(0.5f, (float)p.wide), down = __fdividef(0.5f, (float)p.high);
  const int half_wide = (p.width + 1) / 2, half_high = (p.height + 1) / 2;
  const int step = Layout::paired ? 2 : p.step;
  Axis x[RUN];
#pragma unroll
  for (int i = 0; i < RUN; i++) {
    const Place at = scaled(to.left + i, p.width, p.wide, across);
    x[i].luma = between(held(at, p.width), p.width, Layout::step, THIN ? following(p.width, Layout::step) : Layout::step);
    x[i].chroma = between(held(halved(at), half_wide), half_wide, step, THIN ? following(half_wide, step) : step);
  }
  const int stride = gridDim.y * blockDim.y;
#pragma unroll UNROLL
  for (int row = blockIdx.y * blockDim.y + threadIdx.y; row < to.height; row += stride) {
    Three colours[RUN] = {};
    const bool painted = row < p.high && to.left < p.wide;
    if (painted) {
      const Place at = scaled(row, p.height, p.high, down);
      Axis y = {between(held(at, p.height), p.height, p.pitch, p.pitch),
                between(held(halved(at), half_high), half_high, p.chroma_pitch, p.chroma_pitch)};
      // A row without a share is not fetched: of three to one it is every second that would be.
      if (y.luma.far <= 0.0f) y.luma.next = 0;
      if (y.chroma.far <= 0.0f) y.chroma.next = 0;
      y = weighed(y);
      Taps taps[RUN];
#pragma unroll
      for (int i = 0; i < RUN; i++) taps[i] = fetch<Layout>(p, x[i], y);
#pragma unroll
      for (int i = 0; i < RUN; i++) colours[i] = coloured<Layout>(p, blend<Layout>(taps[i], x[i], y));
    }
    to.write(row, colours, painted ? p.wide : 0);
  }
}

// Whether chroma pairs can be fetched as one.
static __device__ __forceinline__ bool paired(const Picture& p) {
  return p.step == 2 && p.v == p.u + 1 && !(((unsigned long long)p.u | (unsigned)p.chroma_pitch) & 1);
}

template <class T>
static __device__ __forceinline__ void letterbox(const Pictures& pictures, T* out, int width, int height,
                                                 const Feed& feed) {
  const int left = (blockIdx.x * blockDim.x + threadIdx.x) * RUN;
  if (left >= width) return;
  const Picture& p = pictures.of[blockIdx.z];
  const Channels<T> to(out + 3LL * width * height * blockIdx.z, width, height, left, feed);
  const bool thin = p.width < 4;
  if (p.step == 0 && thin)
    fit<Rgb8, T, true>(p, to);
  else if (p.step == 0)
    fit<Rgb8, T, false>(p, to);
  else if (paired(p) && !thin)
    fit<Nv12, T, false>(p, to);
  else
    fit<Planes, T, true>(p, to);
}

// ---- Warp ------------------------------------------------------------------------------------------------------------

constexpr float FAR = 1e6f;  // no frame has so many pixels a side

// One axis of a face's map. The shift's whole part is kept apart: what is left is small, and float32 is exact enough.
struct Map {
  float by_x, by_y, shift;
  int whole;

  explicit __device__ __forceinline__ Map(const float* row)
      : by_x(row[0]), by_y(row[1]), whole(__float2int_rd(fminf(fmaxf(row[2], -FAR), FAR))) {
    shift = row[2] - (float)whole;  // what is no number stays none
  }
  __device__ __forceinline__ float operator()(int x, int y) const {
    return by_x * (float)x + (by_y * (float)y + shift);
  }
  // Whether a point lies so far inside that its chroma samples do too; no for what is no number.
  __device__ __forceinline__ bool inside(float at, int count) const {
    return at >= 0.5f - (float)whole && at < (float)count - 1.5f - (float)whole;
  }
  __device__ __forceinline__ Place place(float at) const {
    const int below = __float2int_rd(at);
    return {whole + below, at - (float)below};
  }
  // What is no number lies outside.
  __device__ __forceinline__ Place anywhere(float at) const { return place(fminf(fmaxf(at, -4 * FAR), 4 * FAR)); }
};

static __device__ __forceinline__ Pair inner(Place at, int stride) {
  return {at.whole * stride, stride, 1.0f - at.part, at.part};
}

static __device__ __forceinline__ Axis inner_axis(Place at, int stride, int chroma_stride) {
  return {inner(at, stride), inner(halved(at), chroma_stride)};
}

// Beyond the edge lies nothing: samples that are not there have no share.
static __device__ __forceinline__ Axis fenced_axis(Place at, int count, int stride, int chroma_stride) {
  const int half = (count + 1) / 2;
  return {between(at, count, stride, following(count, stride)),
          between(halved(at), half, chroma_stride, following(half, chroma_stride))};
}

template <class Layout, class T>
static __device__ __forceinline__ void cut(const Picture& p, const float* inverse, const Channels<T>& to) {
  const Map across(inverse), down(inverse + 3);
  const int stride = gridDim.y * blockDim.y, last = to.left + RUN - 1, step = Layout::paired ? 2 : p.step;
#pragma unroll UNROLL
  for (int row = blockIdx.y * blockDim.y + threadIdx.y; row < to.height; row += stride) {
    Three colours[RUN];
    // The map is straight: where both ends of the run are inside, all of it is.
    if (across.inside(across(to.left, row), p.width) && across.inside(across(last, row), p.width) &&
        down.inside(down(to.left, row), p.height) && down.inside(down(last, row), p.height)) {
      Axis x[RUN], y[RUN];
      Taps taps[RUN];
#pragma unroll
      for (int i = 0; i < RUN; i++) {
        x[i] = inner_axis(across.place(across(to.left + i, row)), Layout::step, step);
        y[i] = weighed(inner_axis(down.place(down(to.left + i, row)), p.pitch, p.chroma_pitch));
        taps[i] = fetch<Layout>(p, x[i], y[i]);
      }
#pragma unroll
      for (int i = 0; i < RUN; i++) colours[i] = coloured<Layout>(p, blend<Layout>(taps[i], x[i], y[i]));
    } else {
#pragma unroll
      for (int i = 0; i < RUN; i++) {
        const Axis x = fenced_axis(across.anywhere(across(to.left + i, row)), p.width, Layout::step, step);
        const Axis y = fenced_axis(down.anywhere(down(to.left + i, row)), p.height, p.pitch, p.chroma_pitch);
        const Axis weights = weighed(y);
        Three of = blend<Layout>(fetch<Layout>(p, x, y), x, weights);
        if constexpr (Layout::planar) {
          // Black has chroma, 128: it has the share that no sample has.
          const float none = 128 * UNIT * (1.0f - (x.chroma.near + x.chroma.far) * (y.chroma.near + y.chroma.far));
          of.b += none, of.c += none;
        }
        colours[i] = coloured<Layout>(p, of);
      }
    }
    to.write(row, colours, to.width);
  }
}

template <class T>
static __device__ __forceinline__ void warp(const Pictures& pictures, const Cuts& cuts, T* out, int side,
                                            const Feed& feed) {
  const int left = (blockIdx.x * blockDim.x + threadIdx.x) * RUN, face = blockIdx.z;
  if (left >= side) return;
  const Picture& p = pictures.of[cuts.which[face] & 7];
  const float* inverse = cuts.inverse[face];
  const Channels<T> to(out + 3LL * side * side * face, side, side, left, feed);
  if (p.step == 0)
    cut<Rgb8>(p, inverse, to);
  else if (paired(p))
    cut<Nv12>(p, inverse, to);
  else
    cut<Planes>(p, inverse, to);
}

// ---- Gauge -----------------------------------------------------------------------------------------------------------

constexpr int PATCH = 64, GAUGERS = 256;

// A part of a picture in grey.
struct Grey {
  const Picture& p;
  int left, top, width, height;

  __device__ __forceinline__ int operator()(int x, int y) const {
    const u8* at = p.luma + (unsigned)((top + y) * p.pitch);
    if (p.step) return __ldg(at + left + x);
    at += 3 * (left + x);
    // ITU-R BT.601-7 in 15 bits, as OpenCV's RGB2GRAY.
    return (9798 * __ldg(at) + 19235 * __ldg(at + 1) + 3735 * __ldg(at + 2) + (1 << 14)) >> 15;
  }
};

// The mean of what lies under a pixel of the patch, in which samples count by the part that lies under it.
static __device__ __forceinline__ int area(const Grey& face, int column, int row) {
  // In units of 1 / 64 of a sample every edge is a whole number.
  const int left = column * face.width, right = left + face.width;
  const int top = row * face.height, bottom = top + face.height;
  unsigned long long sum = 0;
  for (int y = top / PATCH; y * PATCH < bottom; y++) {
    unsigned line = 0;
    for (int x = left / PATCH; x * PATCH < right; x++)
      line += face(x, y) * (min(right, (x + 1) * PATCH) - max(left, x * PATCH));
    sum += (unsigned long long)line * (min(bottom, (y + 1) * PATCH) - max(top, y * PATCH));
  }
  const float mean = (float)sum * (1.0f / ((float)face.width * (float)face.height));
  // OpenCV halves upwards when it takes four to one, and to even else.
  const bool four = face.width == 2 * PATCH && face.height == 2 * PATCH;
  return four ? (int)(mean + 0.5f) : (int)rintf(mean);
}

// How OpenCV enlarges by INTER_AREA: which two samples, and their shares in 1 / 2048.
struct Stretch {
  int first, second, near, far;

  __device__ __forceinline__ Stretch(int i, int count) {
    // In double and in this order, since another rounding takes another sample.
    const double shrink = (double)PATCH / count;
    first = (int)floor(i * (1.0 / shrink));
    float part = (float)((i + 1) - (first + 1) * shrink);
    part = part <= 0.0f ? 0.0f : part - floorf(part);
    if (first >= count - 1) first = count - 1, part = 0.0f;
    second = min(first + 1, count - 1);
    near = (int)rintf((1.0f - part) * 2048.0f);
    far = (int)rintf(part * 2048.0f);
  }
};

static __device__ __forceinline__ int stretched(const Grey& face, const Stretch& x, const Stretch& y) {
  const int upper = face(x.first, y.first) * x.near + face(x.second, y.first) * x.far;
  const int lower = face(x.first, y.second) * x.near + face(x.second, y.second) * x.far;
  return ((y.near * (upper >> 4) >> 16) + (y.far * (lower >> 4) >> 16) + 2) >> 2;
}

// Beyond the edge the patch is mirrored about its outermost pixel.
static __device__ __forceinline__ int mirrored(int i) { return i < 0 ? -i : i < PATCH ? i : 2 * PATCH - 2 - i; }

}  // namespace pixels

// ---- Kernels ---------------------------------------------------------------------------------------------------------

// Fit each frame into the top left of its (3, height, width); zero beside it.
extern "C" __global__ void __launch_bounds__(256, LFR_LETTERBOX_BLOCKS)
letterbox_f16(const __grid_constant__ Pictures pictures, __half* out, int frames, int width, int height, Feed feed) {
  if (blockIdx.z < (unsigned)frames) pixels::letterbox(pictures, out, width, height, feed);
}
extern "C" __global__ void __launch_bounds__(256, LFR_LETTERBOX_BLOCKS)
letterbox_f32(const __grid_constant__ Pictures pictures, float* out, int frames, int width, int height, Feed feed) {
  if (blockIdx.z < (unsigned)frames) pixels::letterbox(pictures, out, width, height, feed);
}

// Cut each face out into its (3, side, side). Outside the frame, and where a map is no number, it is black.
extern "C" __global__ void __launch_bounds__(256, LFR_WARP_BLOCKS)
warp_f16(const __grid_constant__ Pictures pictures, const __grid_constant__ Cuts cuts, __half* out, int faces, int side,
         Feed feed) {
  if (blockIdx.z < (unsigned)faces) pixels::warp(pictures, cuts, out, side, feed);
}
extern "C" __global__ void __launch_bounds__(256, LFR_WARP_BLOCKS)
warp_f32(const __grid_constant__ Pictures pictures, const __grid_constant__ Cuts cuts, float* out, int faces, int side,
         Feed feed) {
  if (blockIdx.z < (unsigned)faces) pixels::warp(pictures, cuts, out, side, feed);
}

// Of each face at 64 x 64 pixels: variance of the Laplacian of luma, and mean luma. The patch is brought to that size
// as OpenCV does it by INTER_AREA, to the last bit but for the rounding of halves. A block for each face.
extern "C" __global__ void __launch_bounds__(pixels::GAUGERS)
gauge(const __grid_constant__ Pictures pictures, const __grid_constant__ Boxes boxes, float* out, int faces) {
  using namespace pixels;
  __shared__ u8 patch[PATCH][PATCH];
  __shared__ int sums[GAUGERS], edges[GAUGERS];
  __shared__ unsigned squares[GAUGERS];  // 64 * 64 * (4 * 255)^2 just fits
  const int me = threadIdx.x, face = blockIdx.x, column = me % PATCH;
  if (face >= faces) return;
  const Picture& p = pictures.of[boxes.which[face] & 7];
  const int* box = boxes.edges[face];
  const int left = max(box[0], 0), top = max(box[1], 0);
  const Grey grey{p, left, top, min(box[2], p.width) - left, min(box[3], p.height) - top};
  if (grey.width < 2 || grey.height < 2) {  // nothing that could be sharp
    if (me < 2) out[2 * face + me] = 0.0f;
    return;
  }
  const bool shrunk = grey.width >= PATCH && grey.height >= PATCH;
  const Stretch x(column, grey.width);
  for (int row = me / PATCH; row < PATCH; row += GAUGERS / PATCH)
    patch[row][column] = (u8)(shrunk ? area(grey, column, row) : stretched(grey, x, Stretch(row, grey.height)));
  __syncthreads();
  int sum = 0, edge = 0;
  unsigned square = 0;
  for (int row = me / PATCH; row < PATCH; row += GAUGERS / PATCH) {
    const int here = patch[row][column];
    const int bend = patch[mirrored(row - 1)][column] + patch[mirrored(row + 1)][column] +
                     patch[row][mirrored(column - 1)] + patch[row][mirrored(column + 1)] - 4 * here;
    sum += here;
    edge += bend;
    square += (unsigned)(bend * bend);
  }
  sums[me] = sum, edges[me] = edge, squares[me] = square;
  for (int half = GAUGERS / 2; half; half /= 2) {
    __syncthreads();
    if (me < half) {
      sums[me] += sums[me + half];
      edges[me] += edges[me + half];
      squares[me] += squares[me + half];
    }
  }
  if (me) return;
  constexpr float share = 1.0f / (PATCH * PATCH);
  const long long spread = (long long)squares[0] * (PATCH * PATCH) - (long long)edges[0] * edges[0];
  out[2 * face] = (float)spread * share * share;
  out[2 * face + 1] = (float)sums[0] * share;
}

// Copy a part of the first picture as (height, width, 3) in blue, green, red; colours to the bit as host/pixels.py.
extern "C" __global__ void region(const __grid_constant__ Pictures pictures, u8* out, int left, int top, int width,
                                  int height) {
  using namespace pixels;
  const int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
  if (column >= width || row >= height) return;
  const Picture& p = pictures.of[0];
  const int x = clamp(left + column, p.width), y = clamp(top + row, p.height);
  u8* place = out + 3LL * ((long long)row * width + column);
  if (p.step == 0) {
    const u8* at = p.luma + (unsigned)(y * p.pitch + 3 * x);
    for (int i = 0; i < 3; i++) place[i] = at[2 - i];
    return;
  }
  // The nearer chroma sample counts three times, and the middle is brought to a whole number as OpenCV does.
  const int wide = (p.width + 1) / 2, high = (p.height + 1) / 2;
  const int near_x = (x >> 1) * p.step, far_x = clamp((x >> 1) + (x & 1 ? 1 : -1), wide) * p.step;
  const int near_y = (y >> 1) * p.chroma_pitch, far_y = clamp((y >> 1) + (y & 1 ? 1 : -1), high) * p.chroma_pitch;
  const auto middle = [&](const u8* plane) {
    return (float)((9 * plane[near_y + near_x] + 3 * (plane[near_y + far_x] + plane[far_y + near_x]) +
                    plane[far_y + far_x] + 8) >> 4);
  };
  const float luma = p.luma[(unsigned)(y * p.pitch + x)], u = middle(p.u), v = middle(p.v);
  for (int i = 0; i < 3; i++) {
    const float* m = p.matrix + 4 * (2 - i);
    place[i] = (u8)rintf(min(max(m[0] * luma + m[1] * u + m[2] * v + m[3], 0.0f), 255.0f));
  }
}

// Overwrite memory with zeros; blockIdx.y is the range.
extern "C" __global__ void erase(const __grid_constant__ Ranges ranges, int count) {
  if (blockIdx.y >= (unsigned)count) return;
  u8* start = (u8*)ranges.address[blockIdx.y];
  const unsigned long long bytes = ranges.bytes[blockIdx.y], stride = gridDim.x * blockDim.x;
  const unsigned long long me = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned long long head = min((16 - ranges.address[blockIdx.y] % 16) % 16, bytes), body = (bytes - head) / 16;
  uint4* middle = reinterpret_cast<uint4*>(start + head);
  for (unsigned long long i = me; i < body; i += stride) middle[i] = make_uint4(0, 0, 0, 0);
  // What is left at both ends has fewer than 16 bytes each, and any grid has at least one thread.
  for (unsigned long long i = me; i < head; i += stride) start[i] = 0;
  for (unsigned long long i = head + 16 * body + me; i < bytes; i += stride) start[i] = 0;
}

#ifdef HOST_BUILD
HOST_EXPORT(letterbox_f16)
HOST_EXPORT(letterbox_f32)
HOST_EXPORT(warp_f16)
HOST_EXPORT(warp_f32)
HOST_EXPORT_COLLECTIVE(gauge)
HOST_EXPORT(region)
HOST_EXPORT(erase)
#endif
