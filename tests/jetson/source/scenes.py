"""What a scene of jetson-utils is made of."""

PASSWORD = "hunter2"
MAST = f"rtsp://officer:{PASSWORD}@127.0.0.1:9/mast"
