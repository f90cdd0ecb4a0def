"""The van's computer: CUDA, TensorRT and jetson-utils."""
