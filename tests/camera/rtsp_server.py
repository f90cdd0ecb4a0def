"""An RTSP camera, run by the system's Python: `rtsp_server.py PORT CODEC`.

It prints its port when it listens (0 asks for any), and shows a moving ball as `mjpeg` or `h264`.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

BALL = (
    "videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,format=I420,width=160,height=120,framerate=25/1"
)
CODECS = {
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
    "h264": "openh264enc gop-size=25 ! rtph264pay name=pay0 pt=96 config-interval=-1",
}


def serve(port, codec):
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {BALL} ! {CODECS[codec]} )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/mast", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 - the test reads it
    GLib.MainLoop().run()


serve(*sys.argv[1:])
