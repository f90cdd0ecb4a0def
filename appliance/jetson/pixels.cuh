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
#define SLOW
#else
#include <cuda_fp16.h>
#define SLOW __noinline__  // keeps what is rare out of what is not
#endif

#ifndef LFR_RUN
#define LFR_RUN 4  // neighbouring pixels of one thread, written together; launch.py's RUN
#endif
#ifndef LFR_LETTERBOX_BLOCKS
#define LFR_LETTERBOX_BLOCKS 3  // that a multiprocessor shall have registers for
#endif
#ifndef LFR_WARP_BLOCKS
#define LFR_WARP_BLOCKS 3
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
  float mean[3], scale;  // the means as the channels are fed
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
static_assert(sizeof(Picture) == 104 && sizeof(Pictures) == 832 && sizeof(Feed) == 24, "launch.py");
static_assert(sizeof(Cuts) == 1792 && sizeof(Boxes) == 1280 && sizeof(Ranges) == 1024, "launch.py");

namespace pixels {

constexpr int RUN = LFR_RUN;

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

// Beyond the edge lies what lies at the edge: all of the last sample, or of one that is alone.
static __device__ __forceinline__ Place held(Place at, int count) {
  if (at.whole < 0 || count < 2) return {0, 0.0f};
  return at.whole > count - 2 ? Place{count - 2, 1.0f} : at;
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
static __device__ __forceinline__ Pair between(Place at, int count, int stride) {
  const int first = max(min(at.whole, count - 2), 0);
  const float on = at.part + (float)(at.whole - first);
  return {first * stride, count > 1 ? stride : 0, fmaxf(1.0f - fabsf(on), 0.0f),
          count > 1 ? fmaxf(1.0f - fabsf(1.0f - on), 0.0f) : 0.0f};
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

// The four samples around a point. They are fetched apart from their use, so that all of a run are under way together.
struct Four {
  unsigned a, b, c, d;
};
struct Taps {
  Four first, second, third;  // luma and chroma, or red, green and blue; of pairs both chromas are the second
};

// What is written is never what is read here, which the compiler cannot know: hence __ldg.
template <class Word>
static __device__ __forceinline__ Four around(const u8* upper, int next, int below) {
  const auto look = [](const u8* at) { return (unsigned)__ldg((const Word*)at); };
  const u8* lower = upper + below;
  return {look(upper), look(upper + next), look(lower), look(lower + next)};
}

// A byte below the digits of 2^23 makes a float without a conversion, which a GPU does at a quarter of its speed.
// Differences of such numbers are exact, and those of the bytes.
constexpr unsigned BIAS = 0x4B000000u;
constexpr float BIASED = 8388608.0f;

static __device__ __forceinline__ float byte0(unsigned word) { return __uint_as_float(__byte_perm(word, BIAS, 0x7440)); }
static __device__ __forceinline__ float byte1(unsigned word) { return __uint_as_float(__byte_perm(word, BIAS, 0x7441)); }

// Between four samples, less `zero`.
static __device__ __forceinline__ float blend(float a, float b, float c, float d, float across, float down, float zero) {
  const float step = b - a;
  return ((a - zero) + across * step) + down * ((c - a) + across * ((d - c) - step));
}

static __device__ __forceinline__ float blend0(const Four& t, float across, float down, float zero) {
  return blend(byte0(t.a), byte0(t.b), byte0(t.c), byte0(t.d), across, down, BIASED + zero);
}
static __device__ __forceinline__ float blend1(const Four& t, float across, float down, float zero) {
  return blend(byte1(t.a), byte1(t.b), byte1(t.c), byte1(t.d), across, down, BIASED + zero);
}

// How far a point lies from the first of its samples to the second: among luma samples, among chroma samples.
struct Parts {
  float luma, chroma;
};

// Chroma is counted from its middle, 128.
template <class Layout>
static __device__ __forceinline__ Three blend(const Taps& taps, const Parts& x, const Parts& y) {
  const float first = blend0(taps.first, x.luma, y.luma, 0.0f);
  if constexpr (!Layout::planar)
    return {first, blend0(taps.second, x.luma, y.luma, 0.0f), blend0(taps.third, x.luma, y.luma, 0.0f)};
  else if constexpr (Layout::paired)
    return {first, blend0(taps.second, x.chroma, y.chroma, 128.0f), blend1(taps.second, x.chroma, y.chroma, 128.0f)};
  else
    return {first, blend0(taps.second, x.chroma, y.chroma, 128.0f), blend0(taps.third, x.chroma, y.chroma, 128.0f)};
}

// How the network wants it: from luma and chroma from its middle to the network's three channels, in their order.
template <class Layout>
struct Tint {
  static constexpr float UNIT = 1 / 255.0f;  // 255 is 1 here, which the GPU clamps to at no cost
  Three by[3];
  float grey[3], gain, shift[3];
  int first, third;  // where the first and the third channel lie in a pixel of red, green and blue

  __device__ __forceinline__ Tint(const Picture& p, const Feed& feed)
      : gain(Layout::planar ? 255.0f * feed.scale : feed.scale),
        shift{-feed.mean[0] * feed.scale, -feed.mean[1] * feed.scale, -feed.mean[2] * feed.scale}, first(feed.bgr ? 2 : 0), third(2 - first) {
    if constexpr (Layout::planar) {
#pragma unroll
      for (int i = 0; i < 3; i++) {
        const float* m = p.matrix + 4 * (feed.bgr ? 2 - i : i);
        by[i] = {m[0] * UNIT, m[1] * UNIT, m[2] * UNIT};
        grey[i] = (m[3] + 128.0f * (m[1] + m[2])) * UNIT;
      }
    }
  }
  __device__ __forceinline__ float channel(int i, const Three& of) const {
    return __saturatef(by[i].a * of.a + (by[i].b * of.b + (by[i].c * of.c + grey[i]))) * gain + shift[i];
  }
  __device__ __forceinline__ Three operator()(const Three& of) const {
    if constexpr (Layout::planar) return {channel(0, of), channel(1, of), channel(2, of)};
    return {of.a * gain + shift[0], of.b * gain + shift[1], of.c * gain + shift[2]};
  }
};

// ---- Writing ---------------------------------------------------------------------------------------------------------

static_assert(RUN == 2 || RUN == 4, "a run is written as one word");

static __device__ __forceinline__ void put(float* place, const float (&values)[RUN]) {
  struct alignas(4 * RUN) {
    float of[RUN];
  } run;
#pragma unroll
  for (int i = 0; i < RUN; i++) run.of[i] = values[i];
  *reinterpret_cast<decltype(run)*>(place) = run;
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

// The network's three channels, of which this thread writes a run in one row after the other.
template <class T>
struct Channels {
  T* at;  // in the first channel
  long long plane, on;
  int width, height, left, row, rows;
  bool aligned;

  __device__ __forceinline__ Channels(T* first, int width, int height, int left)
      : plane((long long)width * height), width(width), height(height), left(left),
        row(blockIdx.y * blockDim.y + threadIdx.y), rows(gridDim.y * blockDim.y),
        aligned(width % RUN == 0 && plane % RUN == 0 && (unsigned long long)first % (RUN * sizeof(T)) == 0) {
    at = first + left + (long long)row * width;
    on = (long long)rows * width;
  }

  __device__ __forceinline__ bool left_over() const { return row < height; }

  // Write this row, and go on to the next one of this thread.
  __device__ __forceinline__ void write(const Three (&colours)[RUN]) {
    float first[RUN], second[RUN], third[RUN];
#pragma unroll
    for (int i = 0; i < RUN; i++) first[i] = colours[i].a, second[i] = colours[i].b, third[i] = colours[i].c;
    if (aligned) {
      put(at, first);
      put(at + plane, second);
      put(at + 2 * plane, third);
    } else {
#pragma unroll
      for (int i = 0; i < RUN; i++)
        if (left + i < width) {
          put(at[i], first[i]);
          put(at[i + plane], second[i]);
          put(at[i + 2 * plane], third[i]);
        }
    }
    at += on;
    row += rows;
  }
};

// ---- Letterbox -------------------------------------------------------------------------------------------------------

// Where a pixel lies on one axis: its first sample of luma and of chroma, in bytes.
struct Axis {
  int luma, chroma;
  Parts parts;
};

static __device__ __forceinline__ Axis scaled_axis(int i, int count, int wide, float share, int stride,
                                                   int chroma_stride) {
  const Place at = scaled(i, count, wide, share);
  const Place luma = held(at, count), chroma = held(halved(at), (count + 1) / 2);
  return {luma.whole * stride, chroma.whole * chroma_stride, {luma.part, chroma.part}};
}

// From a sample to the next one on an axis, in bytes; none where it is alone.
struct Next {
  int luma, chroma;
};

static __device__ __forceinline__ Next following(int count, int stride, int chroma_stride) {
  return {count > 1 ? stride : 0, count > 2 ? chroma_stride : 0};
}

template <class Layout>
static __device__ __forceinline__ Taps fetch(const Picture& p, const Tint<Layout>& tint, const u8* luma, unsigned chroma,
                                             const Next& next, const Next& below) {
  if constexpr (!Layout::planar)
    return {around<u8>(luma + tint.first, next.luma, below.luma), around<u8>(luma + 1, next.luma, below.luma),
            around<u8>(luma + tint.third, next.luma, below.luma)};
  else if constexpr (Layout::paired)
    return {around<u8>(luma, next.luma, below.luma),
            around<unsigned short>(p.u + chroma, next.chroma, below.chroma), {}};
  else
    return {around<u8>(luma, next.luma, below.luma), around<u8>(p.u + chroma, next.chroma, below.chroma),
            around<u8>(p.v + chroma, next.chroma, below.chroma)};
}

template <class Layout, bool THIN, class T>
static __device__ __forceinline__ void fit(const Picture& p, const Feed& feed, Channels<T> to) {
  const Tint<Layout> tint(p, feed);
  const float across = __fdividef(0.5f, (float)p.wide), down = __fdividef(0.5f, (float)p.high);
  const int step = Layout::paired ? 2 : p.step;
  Axis x[RUN];
#pragma unroll
  for (int i = 0; i < RUN; i++) x[i] = scaled_axis(to.left + i, p.width, p.wide, across, Layout::step, step);
  const Next next = THIN ? following(p.width, Layout::step, step) : Next{Layout::step, step};
#pragma unroll 1
  while (to.left_over()) {
    Three colours[RUN] = {};
    if (to.row < p.high && to.left < p.wide) {
      const Axis y = scaled_axis(to.row, p.height, p.high, down, p.pitch, p.chroma_pitch);
      // A row without a share is not fetched: of three to one it is every second that would be.
      const Next below{y.parts.luma > 0.0f ? p.pitch : 0, y.parts.chroma > 0.0f ? p.chroma_pitch : 0};
      const u8* luma = p.luma + y.luma;
      Taps taps[RUN];
#pragma unroll
      for (int i = 0; i < RUN; i++)
        taps[i] = fetch<Layout>(p, tint, luma + x[i].luma, (unsigned)(y.chroma + x[i].chroma), next, below);
#pragma unroll
      for (int i = 0; i < RUN; i++) {
        colours[i] = tint(blend<Layout>(taps[i], x[i].parts, y.parts));
        if (to.left + i >= p.wide) colours[i] = {};
      }
    }
    to.write(colours);
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
  const Channels<T> to(out + 3LL * width * height * blockIdx.z, width, height, left);
  const bool thin = p.width < 3 || p.height < 3;
  if (p.step == 0 && !thin)
    fit<Rgb8, false>(p, feed, to);
  else if (p.step == 0)
    fit<Rgb8, true>(p, feed, to);
  else if (paired(p) && !thin)
    fit<Nv12, false>(p, feed, to);
  else
    fit<Planes, true>(p, feed, to);
}

// ---- Warp ------------------------------------------------------------------------------------------------------------

constexpr float FAR = 1e6f;  // no frame has so many pixels a side

// Adding it, downwards, leaves the whole part in the last bits: no conversion, as above. For less than 2^22.
constexpr float FLOOR = 12582912.0f;  // 1.5 * 2^23
constexpr int FLOORED = 0x4B400000;   // its bits

// The whole part as bits, FLOORED too much, and how far on the point lies.
struct Step {
  int bits;
  float part;
};

static __device__ __forceinline__ Step floored(float at) {
  const float sum = __fadd_rd(at, FLOOR);
  return {(int)__float_as_uint(sum), at - (sum - FLOOR)};
}

// One axis of a face's map. The shift's even part is kept apart: what is left is small, and float32 is exact enough.
struct Map {
  float by_x, by_y, shift;
  int whole;

  explicit __device__ __forceinline__ Map(const float* row)
      : by_x(row[0]), by_y(row[1]), whole(2 * __float2int_rd(0.5f * fminf(fmaxf(row[2], -FAR), FAR))) {
    shift = row[2] - (float)whole;  // what is no number stays none
  }
  __device__ __forceinline__ float begin(int y) const { return by_y * (float)y + shift; }
  __device__ __forceinline__ float operator()(int x, float begin) const { return by_x * (float)x + begin; }
  // Whether these pixels of the crop lie so far inside that their chroma samples do too; no for what is no number. A run
  // may reach beyond the crop, by less than itself.
  __device__ __forceinline__ bool inside(int left, int right, int top, int bottom, int count) const {
    const float wide = by_x * (float)(right - left + RUN), high = by_y * (float)(bottom - top);
    const float first = (*this)(left, begin(top)), least = first + fminf(wide, 0.0f) + fminf(high, 0.0f);
    const float most = first + fmaxf(wide, 0.0f) + fmaxf(high, 0.0f);
    // Comparisons with what is no number are false, but fminf and fmaxf pass it over.
    return first == first && wide == wide && high == high && least >= 0.5f - (float)whole &&
           most < (float)count - 1.5f - (float)whole;
  }
  // What is no number lies outside.
  __device__ __forceinline__ Place anywhere(float at) const {
    const float near = fminf(fmaxf(at, -4 * FAR), 4 * FAR);
    const int below = __float2int_rd(near);
    return {whole + below, near - (float)below};
  }
};

// One axis of what lies inside.
struct Inner {
  Step luma, chroma;
  explicit __device__ __forceinline__ Inner(float at) : luma(floored(at)), chroma(floored(0.5f * at - 0.25f)) {}
};

// Where the samples of one plane begin, for bits that are too large by FLOORED; modulo 2^32.
static __device__ __forceinline__ unsigned origin(int left, int stride, int top, int pitch) {
  return (unsigned)(left - FLOORED) * (unsigned)stride + (unsigned)(top - FLOORED) * (unsigned)pitch;
}
static __device__ __forceinline__ unsigned offset(unsigned origin, int x, int stride, int y, int pitch) {
  return origin + (unsigned)y * (unsigned)pitch + (unsigned)x * (unsigned)stride;
}

// Beyond the edge lies nothing: samples that are not there have no share. The slow way, for the few at an edge.
template <class Layout>
static __device__ SLOW Three at_edge(const Picture& p, Place x, Place y, int first, int third) {
  const int step = Layout::paired ? 2 : p.step, wide = (p.width + 1) / 2, high = (p.height + 1) / 2;
  const auto sum = [](const u8* plane, const Pair& x, const Pair& y) {
    const u8 *upper = plane + y.first + x.first, *lower = upper + y.next;
    return y.near * (x.near * upper[0] + x.far * upper[x.next]) + y.far * (x.near * lower[0] + x.far * lower[x.next]);
  };
  const Pair across = between(x, p.width, Layout::step), down = between(y, p.height, p.pitch);
  if constexpr (Layout::planar) {
    const Pair half_across = between(halved(x), wide, step), half_down = between(halved(y), high, p.chroma_pitch);
    const float none = 128.0f * (half_across.near + half_across.far) * (half_down.near + half_down.far);
    return {sum(p.luma, across, down), sum(p.u, half_across, half_down) - none, sum(p.v, half_across, half_down) - none};
  } else {
    return {sum(p.luma + first, across, down), sum(p.luma + 1, across, down), sum(p.luma + third, across, down)};
  }
}

template <class Layout, class T>
static __device__ __forceinline__ void cut(const Picture& p, const float* inverse, const Feed& feed,
                                           Channels<T> to) {
  const Tint<Layout> tint(p, feed);
  const Map across(inverse), down(inverse + 3);
  const int step = Layout::paired ? 2 : p.step;
  const unsigned luma = origin(across.whole, Layout::step, down.whole, p.pitch);
  const unsigned chroma = origin(across.whole / 2, step, down.whole / 2, p.chroma_pitch);
  // The map is straight: where its corners are inside, all of it is.
  const bool whole = across.inside(0, to.width, 0, to.height, p.width) && down.inside(0, to.width, 0, to.height, p.height);
#pragma unroll 1
  while (to.left_over()) {
    Three colours[RUN];
    const float x = across.begin(to.row), y = down.begin(to.row);
    if (whole || (across.inside(to.left, to.left + RUN, to.row, to.row + 1, p.width) &&
                  down.inside(to.left, to.left + RUN, to.row, to.row + 1, p.height))) {
      Taps taps[RUN];
      Parts right[RUN], under[RUN];
#pragma unroll
      for (int i = 0; i < RUN; i++) {
        const Inner h(across(to.left + i, x)), v(down(to.left + i, y));
        const u8* at = p.luma + offset(luma, h.luma.bits, Layout::step, v.luma.bits, p.pitch);
        right[i] = {h.luma.part, h.chroma.part};
        under[i] = {v.luma.part, v.chroma.part};
        taps[i] = fetch<Layout>(p, tint, at, offset(chroma, h.chroma.bits, step, v.chroma.bits, p.chroma_pitch),
                                Next{Layout::step, step}, Next{p.pitch, p.chroma_pitch});
      }
#pragma unroll
      for (int i = 0; i < RUN; i++) colours[i] = tint(blend<Layout>(taps[i], right[i], under[i]));
    } else {
#pragma unroll
      for (int i = 0; i < RUN; i++)
        colours[i] = tint(at_edge<Layout>(p, across.anywhere(across(to.left + i, x)), down.anywhere(down(to.left + i, y)),
                                          tint.first, tint.third));
    }
    to.write(colours);
  }
}

template <class T>
static __device__ __forceinline__ void warp(const Pictures& pictures, const Cuts& cuts, T* out, int side,
                                            const Feed& feed) {
  const int left = (blockIdx.x * blockDim.x + threadIdx.x) * RUN, face = blockIdx.z;
  if (left >= side) return;
  const Picture& p = pictures.of[cuts.which[face] & 7];
  const float* inverse = cuts.inverse[face];
  const Channels<T> to(out + 3LL * side * side * face, side, side, left);
  if (p.step == 0)
    cut<Rgb8>(p, inverse, feed, to);
  else if (paired(p))
    cut<Nv12>(p, inverse, feed, to);
  else
    cut<Planes>(p, inverse, feed, to);
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

// Copy a part of the first picture as (height, width, 3) in blue, green, red; within a level of host/pixels.py, whose
// OpenCV mixes colours in fixed point.
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
    const int once = plane[far_y + far_x], thrice = plane[near_y + far_x] + plane[far_y + near_x];
    return rintf((float)(9 * plane[near_y + near_x] + 3 * thrice + once) / 16.0f);
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
