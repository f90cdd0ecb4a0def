"""An ordinary computer: OpenCV, FFmpeg and ONNX Runtime."""
