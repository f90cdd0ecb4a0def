"""Little films whose pictures tell their numbers."""

import av
import numpy as np

FPS = 25


def make_grey(number, width=96, height=64):
    """A picture whose brightness tells its number."""
    return np.full((height, width, 3), 40 + number * 15 % 200, np.uint8)


def write_film(path, pictures, codec="ffv1", fmt="yuv420p", stamps=None, **said):
    """Write RGB pictures as a film at 25 fps; `stamps` are in frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = fmt
        for key, value in said.items():
            setattr(stream.codec_context, key, value)
        wanted = {f"dst_{key}": value for key, value in said.items() if "color" in key}
        for number, pixels in enumerate(pictures):
            rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            frame = rgb.reformat(format=fmt, **wanted)
            frame.pts = stamps[number] if stamps else number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
