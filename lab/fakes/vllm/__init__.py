"""A stand-in for `vllm serve`: OpenAI's API, continuous batching in time only, and vLLM's own metrics.

It speaks no language: the answer names the served model and then repeats a sentence about itself. What it
does reproduce is what a swarm around it can notice: admission, queueing, first-token time, token rate,
usage, context limits, keys, metrics, and the end of a generation when its client goes away. Runs on
uvicorn, as vLLM does, so that connections, keep-alive and SIGTERM behave alike. API and names are those of
vLLM 0.33.
"""
