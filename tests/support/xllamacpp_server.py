"""llama.cpp's own HTTP server out of the xllamacpp wheel, as a program: MODEL KEY; prints its address."""

import sys

import xllamacpp

model, key = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = model
params.n_ctx = 2048
params.n_parallel = 1
params.cpuparams.n_threads = 2
params.hostnames = ["127.0.0.1"]
params.port = 0
params.api_keys = [key]
server = xllamacpp.Server(params)
sys.stdout.write(f"{server.listening_address}\n")
sys.stdout.flush()
sys.stdin.read()
