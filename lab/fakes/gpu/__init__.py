"""A stand-in for a graphics card with `nvidia_gpu_exporter` and `nvidia-smi` in front of it.

Series and labels are those of utkuozdemir/nvidia_gpu_exporter 1.14 on a GeForce card (its METRICS.md and its
capture of an RTX 4080 SUPER). Its own `--collect.backend demo` takes no new temperature while it runs; drills
need that.
"""
