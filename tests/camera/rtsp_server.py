"""An RTSP camera, run by the system's Python: `rtsp_server.py PORT [FILM]` (port 0: any).

It prints its port when it listens. Without a film it gives a moving test picture as MJPEG; with one,
that film's H.264 as fast as its clock tells.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - versions come first

PICTURE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120,framerate=25/1"
    " ! jpegenc ! rtpjpegpay name=pay0 pt=26"
)
FILM = "filesrc location={film} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=-1"


def serve(port, film=None):
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( " + (FILM.format(film=film) if film else PICTURE) + " )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    server.get_mount_points().add_factory("/mast", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 - the test reads it
    GLib.MainLoop().run()


serve(int(sys.argv[1]), *sys.argv[2:])
